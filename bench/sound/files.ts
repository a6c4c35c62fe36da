import { join } from 'node:path';
import type { Format } from '../../src/recorder/recording/parameters.ts';
import { decode, probe } from '../../test/kit/files.ts';
import { encodeSpool } from '../../test/sound/encode-spool.ts';
import { captureSimulated } from '../../test/sound/simulated-recording.ts';
import { goertzelDb, tone } from '../../test/sound/tone.ts';
import { createSender } from '../../test/unit/track/sender.ts';
import type { Chapter, Kept } from './promise.ts';

const rate = 8000;
const seconds = 20.2;
const speakHz = 440;
const listenHz = 1250;

/** To the sample where the format says so, and a player's clock for the rest. */
const lengthLimitMs: Readonly<Record<Format, number>> = { wav: 0, mp3: 1, mp4: 1 };
/** Lossy codecs have noise of their own. */
const separationDb: Readonly<Record<Format, number>> = { wav: -60, mp3: -45, mp4: -45 };

const sent = (hz: number, ssrc: number) => {
  const sender = createSender({ ssrc });
  sender.say(tone(hz, rate, seconds, 0.5));
  return sender.arrivals();
};

/** The three formats as ffprobe and ffmpeg see them. */
export const fileChapter: Chapter = {
  title: 'Files',
  async measure(folder) {
    const dir = await captureSimulated({
      root: folder,
      stopMs: seconds * 1000,
      tracks: { speak: sent(speakHz, 1), listen: sent(listenHz, 2) },
    });
    const rows: Kept[] = [];
    for (const format of ['wav', 'mp3', 'mp4'] as const) {
      const file = join(folder, `sound.${format}`);
      await encodeSpool(dir, file, format);
      const facts = await probe(file);
      const sound = await decode(file, facts);
      // Of MP3 what is decoded counts, as ffprobe counts the padding that players leave out; of MP4 what it says.
      const lengthS = format === 'mp3' ? sound.durationS : facts.durationS;
      const offMs = Math.abs(lengthS - seconds) * 1000;
      const middle = (channel: number): Int16Array =>
        (sound.channels[channel] ?? new Int16Array()).subarray(rate, rate * 19);
      const leak = Math.max(goertzelDb(middle(0), rate, listenHz), goertzelDb(middle(1), rate, speakHz));
      rows.push({
        promise: `${format}: its length is that of the recording; each side is on its own channel`,
        limit: `at most ${lengthLimitMs[format]} ms off, ${separationDb[format]} dB`,
        measured: `${offMs.toFixed(3)} ms, ${leak.toFixed(0)} dB`,
        kept: offMs <= lengthLimitMs[format] + 0.0005 && leak <= separationDb[format],
      });
    }
    return rows;
  },
};
