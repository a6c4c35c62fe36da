import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { describeEntry } from '../../media/prompt/entry.ts';
import { defineMethod, onward } from '../method.ts';
import { isOutsideFailure } from '../outside-failure.ts';
import { exactlyOne, flag, httpUrl, number } from '../parameter-types.ts';
import { isSilent, playable, playables } from './playable.ts';
import { soundOf, soundParameters } from './spoken.ts';

const parameters = exactlyOne(
  z.strictObject({
    url: playable().optional(),
    urls: playables().optional(),
    ...soundParameters,
    loop: number({ min: 0, max: 1_000_000, whole: true, hint: '0 = until the call ends' }).default(1),
    auto_answer: flag().default(true),
    status_url: httpUrl().optional(),
  }),
  ['url', 'urls'],
  'url or urls, such as say:TEXT or https://...',
);

/**
 * `play`: plays entries to the party one after the other. What can't be played because of something outside, such as a
 * URL that is not there, is a warning and `play_result` is `failed`: a greeting that is missing must not cost a call.
 * status_url is told playing, then finished (also where the call ends first) or error.
 */
export const play = defineMethod({
  name: 'play',
  parameters,
  short: { scalar: 'url', list: 'urls' },
  stoppedBy: 'call_end',
  async run(given, { call, log, get, set, fail, warn }) {
    const written = given.urls ?? [given.url ?? ''];
    const entries = written.filter((candidate) => !isSilent(candidate));
    if (entries.length < written.length)
      log.warn({ urls: written.map(describeEntry) }, 'play: an entry is empty and is left out');
    if (given.auto_answer) await call.answer();
    const id = randomUUID();
    const tell = (state: string, more: { after?: string; details?: Record<string, unknown> } = {}): void => {
      if (given.status_url !== undefined) call.tell(given.status_url, { type: 'play', id, state, ...more });
    };
    const sound = soundOf(given, get);
    tell('playing');
    try {
      for (let round = 0; entries.length > 0 && (given.loop === 0 || round < given.loop); round++) {
        if (round > 0) await nextTurn();
        call.signal.throwIfAborted();
        await call.play(entries, { ...sound, answer: given.auto_answer });
      }
      tell('finished', { after: 'playing' });
      set({ play_result: 'success' });
    } catch (thrown) {
      if (call.signal.aborted) tell('finished', { after: 'playing' });
      else
        tell('error', {
          after: 'playing',
          details: { error: String(thrown instanceof Error ? thrown.message : thrown) },
        });
      if (!isOutsideFailure(thrown, call)) throw thrown;
      set({ play_result: 'failed' });
      warn(fail('relay_script_method_execute_failed', [], `play failed: ${thrown.message}`, thrown));
    }
    return onward;
  },
});
