import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { SipreelError } from '../../../errors/error.ts';
import { describeEntry } from '../../media/prompt/entry.ts';
import { defineMethod, onward } from '../method.ts';
import { choice, exactlyOne, flag, httpUrl, number, text } from '../parameter-types.ts';
import { isSilent, playable, playables } from './playable.ts';

const parameters = exactlyOne(
  z.strictObject({
    url: playable().optional(),
    urls: playables().optional(),
    volume: number({ min: -40, max: 40, unit: 'dB' }).default(0),
    say_voice: text('the name of a voice').optional(),
    say_language: text('a language such as en-US').optional(),
    say_gender: choice(['male', 'female']).optional(),
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
    if (given.status_url !== undefined) log.warn('play: status_url is accepted, but no events are sent to it');
    if (given.auto_answer) await call.answer();
    const say = {
      voice: given.say_voice ?? textVariable(get('say_voice')),
      language: given.say_language ?? textVariable(get('say_language')),
      gender: given.say_gender ?? textVariable(get('say_gender')),
    };
    try {
      for (let round = 0; entries.length > 0 && (given.loop === 0 || round < given.loop); round++) {
        if (round > 0) await nextTurn();
        call.signal.throwIfAborted();
        await call.play(entries, { volumeDb: given.volume, answer: given.auto_answer, say });
      }
      set({ play_result: 'success' });
    } catch (thrown) {
      const outside = thrown instanceof SipreelError && thrown.code !== 'internal_error';
      if (call.signal.aborted || !outside) throw thrown;
      set({ play_result: 'failed' });
      warn(fail('relay_script_method_execute_failed', [], `play failed: ${thrown.message}`, thrown));
    }
    return onward;
  },
});

const textVariable = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
