import { renderBeep } from './beep.ts';
import { clip, samplesIn, silence } from './clip.ts';
import type { Entry } from './entry.ts';
import { type HttpPromptOptions, httpPrompt } from './http.ts';
import type { PcmSource } from './pcm-source.ts';
import { openPlaylist } from './playlist.ts';
import { renderCadence, ringingTones } from './ringing-tones.ts';
import { createSpeaker, type SayOptions } from './say.ts';
import type { Voice } from './say-command.ts';

export interface PromptsOptions {
  /** Absolute path of ffmpeg. */
  readonly ffmpeg: string;
  readonly say?: Omit<SayOptions, 'ffmpeg'>;
  readonly http?: Omit<HttpPromptOptions, 'ffmpeg'>;
}

/** Makes the sources of all that sipreel plays. Whoever takes one closes it; PromptEndpoint.play does. */
export interface Prompts {
  /**
   * The entries one after the other: silence:SECONDS, ring:[SECONDS:]COUNTRY, say:TEXT, http(s) URLs.
   * @throws SipreelError prompt_url_invalid with the entry's index, before anything is prepared
   */
  playlist(urls: readonly string[], voice?: Voice): PcmSource;
  /** The beep before a recording: 0.5 s. */
  beep(): PcmSource;
}

export const createPrompts = ({ ffmpeg, say = {}, http = {} }: PromptsOptions): Prompts => {
  const speaker = createSpeaker({ ...say, ffmpeg });
  const beep = renderBeep();
  const cadences = new Map<string, Int16Array>();

  /** Made once for each country that is asked for, some 100 KB. */
  const cadenceOf = (country: string): Int16Array => {
    const known = cadences.get(country);
    if (known !== undefined) return known;
    const tone = ringingTones[country];
    const samples = tone === undefined ? new Int16Array(0) : renderCadence(tone);
    cadences.set(country, samples);
    return samples;
  };

  const open = (entry: Entry, voice: Voice): PcmSource => {
    switch (entry.kind) {
      case 'silence':
        return silence(entry.seconds);
      case 'ring':
        return clip(cadenceOf(entry.country), samplesIn(entry.seconds));
      case 'say':
        return speaker.say(entry.text, voice);
      case 'http':
        return httpPrompt(entry.url, { ...http, ffmpeg });
    }
  };

  return {
    playlist: (urls, voice = {}) => openPlaylist(urls, (entry) => open(entry, voice)),
    beep: () => clip(beep),
  };
};
