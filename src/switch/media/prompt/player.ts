import { clip } from './clip.ts';
import type { PlayOptions, PromptEndpoint } from './endpoint.ts';
import { createKeySender } from './key-sender.ts';
import { renderKeys } from './key-tones.ts';
import type { Prompts } from './prompts.ts';
import type { Voice } from './say-command.ts';

export interface PlayPromptsOptions extends PlayOptions {
  /** How texts are spoken. */
  readonly voice?: Voice;
}

/** Plays to the party of one call. One thing plays at a time: see PromptEndpoint.play for what it rejects with. */
export interface PromptPlayer {
  /** Plays the entries one after the other; resolves when the last has been heard. */
  play(urls: readonly string[], options?: PlayPromptsOptions): Promise<void>;
  /** True if what is played now is heard at once: nothing plays yet, and no other leg is connected. */
  idle(): boolean;
  /** Plays the beep that comes before a recording. */
  beep(signal?: AbortSignal): Promise<void>;
  /**
   * Sends digits (0-9 A-D * #, and the pauses W of a second and w of half of one): as events (RFC 4733), or as tones where
   * the party takes no events.
   */
  press(keys: string, signal?: AbortSignal): Promise<'events' | 'tones'>;
}

export const createPromptPlayer = (parts: {
  readonly endpoint: PromptEndpoint;
  readonly prompts: Prompts;
}): PromptPlayer => ({
  play: async (urls, { voice, ...options } = {}) => {
    options.signal?.throwIfAborted();
    await parts.endpoint.play(parts.prompts.playlist(urls, voice), options);
  },
  idle: parts.endpoint.idle,
  beep: (signal) => parts.endpoint.play(parts.prompts.beep(), signal === undefined ? {} : { signal }),
  press: async (keys, signal) => {
    const { endpoint } = parts;
    if (endpoint.takesEvents()) {
      await endpoint.press(createKeySender(keys), signal);
      return 'events';
    }
    await endpoint.play(clip(renderKeys(keys)), signal === undefined ? {} : { signal });
    return 'tones';
  },
});
