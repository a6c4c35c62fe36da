import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { CollectedDigits } from '../call-port.ts';
import { defineMethod, onward } from '../method.ts';
import { isOutsideFailure } from '../outside-failure.ts';
import { digits, httpUrl, number } from '../parameter-types.ts';
import { isSilent, playables } from './playable.ts';
import { soundOf, soundParameters } from './spoken.ts';

const seconds = () => number({ min: 0, max: 3_600, unit: 'seconds' }).default(5);

/** For each of them the message names it. */
const noSpeech = () => z.never({ error: 'sipreel hears digits alone: it has no speech recognition' }).optional();

const parameters = z.strictObject({
  play: playables(),
  ...soundParameters,
  max_digits: number({ min: 1, max: 128, whole: true }).default(1),
  terminators: digits().default(''),
  digit_timeout: seconds(),
  initial_timeout: seconds(),
  status_url: httpUrl().optional(),
  speech_timeout: noSpeech(),
  speech_end_timeout: noSpeech(),
  speech_language: noSpeech(),
  speech_hints: noSpeech(),
  speech_engine: noSpeech(),
});

type Result = 'match_digits' | 'no_match' | 'no_input';

/** A terminator alone is an input that matches nothing. */
const resultOf = ({ digits: pressed, endedBy }: CollectedDigits): Result => {
  if (pressed !== '') return 'match_digits';
  return endedBy === 'terminator' ? 'no_match' : 'no_input';
};

const states = { match_digits: 'finished', no_match: 'no_match', no_input: 'no_input' } as const;

/**
 * `prompt`: plays entries and collects digits, the first of which stops the sound. Sets prompt_result (match_digits,
 * no_match, no_input, failed), prompt_value and prompt_digit_terminator. What can't be played because of something outside
 * is a warning and `failed`. status_url is told one calling.call.collect event with what was collected.
 */
export const prompt = defineMethod({
  name: 'prompt',
  parameters,
  short: { scalar: 'play', list: 'play' },
  stoppedBy: 'call_end',
  async run(given, { call, get, set, unset, fail, warn }) {
    const id = randomUUID();
    const tell = (state: string, result: Readonly<Record<string, unknown>>): void => {
      if (given.status_url === undefined) return;
      call.tell(given.status_url, { type: 'collect', id, state, details: { result, final: true } });
    };
    // What an earlier prompt left must not be taken for an answer to this one.
    for (const name of ['prompt_value', 'prompt_digit_terminator']) unset(name);
    const entries = given.play.filter((entry) => !isSilent(entry));
    try {
      const collected = await call.prompt(entries, {
        ...soundOf(given, get),
        maxDigits: given.max_digits,
        terminators: given.terminators,
        digitTimeoutS: given.digit_timeout,
        initialTimeoutS: given.initial_timeout,
      });
      const result = resultOf(collected);
      set({ prompt_result: result });
      if (result === 'match_digits') set({ prompt_value: collected.digits });
      if (collected.terminator !== '') set({ prompt_digit_terminator: collected.terminator });
      tell(
        states[result],
        result === 'match_digits'
          ? { type: 'digit', params: { digits: collected.digits, terminator: collected.terminator } }
          : { type: result },
      );
    } catch (thrown) {
      tell('error', { type: 'error' });
      if (!isOutsideFailure(thrown, call)) throw thrown;
      set({ prompt_result: 'failed' });
      warn(fail('relay_script_method_execute_failed', [], `prompt failed: ${thrown.message}`, thrown));
    }
    return onward;
  },
});
