import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StatusEvent } from '../../src/recorder/recording/events.ts';
import type { TerminalState } from '../../src/recorder/recording/record.ts';
import { type DecodedFile, decode, toneSpan } from '../kit/files.ts';
import type { Phone } from '../kit/phone.ts';
import type { ScriptStep } from '../kit/script-host.ts';
import { type Stage, startStage } from '../kit/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Outcome {
  readonly params: StatusEvent['params'];
  readonly sound: DecodedFile;
}

/** A call that is recorded with these parameters while `act` plays the party; gives what came out. */
const outcome = async (
  number: string,
  parameters: Record<string, unknown>,
  act: {
    readonly hz?: number;
    readonly party?: (phone: Phone) => Promise<void>;
    readonly then?: readonly ScriptStep[];
  },
  state: TerminalState = 'finished',
): Promise<Outcome> => {
  const { host, sink } = stage;
  const record_call = { control_id: number, status_url: sink.url, ...parameters };
  host.serve(number, [{ record_call }, host.tell(number, 'recording'), ...(act.then ?? []), { sleep: 60_000 }]);
  const call = await stage.dial(number, { hz: act.hz ?? 0 });
  await call.answered;
  const { record_call_url } = await host.told(number, 'recording');
  await act.party?.(call.phone);
  const { params } = await sink.waitForState(number, state);
  await call.hangup();
  return { params, sound: await decode(await stage.download(record_call_url)) };
};

/** Seconds from the end of the tone to the end of the file. */
const afterTone = (sound: DecodedFile, hz: number): number => sound.durationS - (toneSpan(sound, 0, hz)?.toS ?? 0);

/** A tolerance of a tenth of a second, for Vitest's toBeCloseTo has powers of ten alone. */
const expectNear = (seconds: number, expected: number, what: string): void =>
  expect(Math.abs(seconds - expected), `${what}: ${seconds} s, expected ${expected}`).toBeLessThanOrEqual(0.1);

describe.concurrent('a recording ends', () => {
  test('at max_length, to 20 ms in the file', async () => {
    const { params, sound } = await outcome('length', { max_length: 1.37 }, { hz: 440 });
    expect(params).toMatchObject({ state: 'finished', end_reason: 'max_length' });
    expect(Math.abs(sound.durationS - 1.37)).toBeLessThanOrEqual(0.02);
  });

  test('at initial_timeout as no_input, in silence that is sent', async () => {
    const { params, sound } = await outcome('nobody', { initial_timeout: 1.2 }, {}, 'no_input');
    expect(params).toMatchObject({ state: 'no_input', end_reason: 'initial_timeout' });
    expectNear(sound.durationS, 1.2, 'length');
  });

  test('at initial_timeout as no_input, in sound that is too weak for its input_sensitivity', async () => {
    // The phone's tone has a mean level of -14 dBFS.
    const limits = { initial_timeout: 0.8, input_sensitivity: 10 };
    const { params } = await outcome('weak', limits, { hz: 440 }, 'no_input');
    expect(params).toMatchObject({ state: 'no_input', end_reason: 'initial_timeout' });
  });

  test('at initial_timeout as no_input, while no packet comes', async () => {
    const party = async (phone: Phone): Promise<void> => phone.pause();
    const { sound } = await outcome('dead', { initial_timeout: '1.2', direction: 'speak' }, { party }, 'no_input');
    expectNear(sound.durationS, 1.2, 'length');
  });

  test('at end_silence_timeout after the last speech, pauses that are shorter left alone', async () => {
    const party = async (phone: Phone): Promise<void> => {
      await sleep(400);
      phone.say(440);
      await sleep(400);
      phone.say(0);
      await sleep(500);
      phone.say(440);
      await sleep(400);
      phone.say(0);
    };
    const limits = { initial_timeout: 2, end_silence_timeout: 0.8, direction: 'speak' };
    const { params, sound } = await outcome('pauses', limits, { party });
    expect(params).toMatchObject({ end_reason: 'end_silence' });
    const span = toneSpan(sound, 0, 440);
    expect((span?.toS ?? 0) - (span?.fromS ?? 0), 'both words and the pause').toBeGreaterThan(1.2);
    expectNear(afterTone(sound, 440), 0.8, 'silence at the end');
  });

  test('at end_silence_timeout when the far end ceases to send', async () => {
    const party = async (phone: Phone): Promise<void> => {
      await sleep(600);
      phone.pause();
    };
    const { params, sound } = await outcome('dtx', { end_silence_timeout: 0.7 }, { hz: 440, party });
    expect(params).toMatchObject({ end_reason: 'end_silence' });
    expectNear(afterTone(sound, 440), 0.7, 'silence at the end');
  });

  test('when neither side has spoken for so long, where both are recorded', async () => {
    const party = async (phone: Phone): Promise<void> => {
      await sleep(200);
      phone.say(0);
    };
    const then = [{ play: stage.host.toneUrl(1000, 1.5) }];
    const { params, sound } = await outcome('both', { end_silence_timeout: 0.6 }, { hz: 440, party, then });
    expect(params).toMatchObject({ end_reason: 'end_silence' });
    expectNear(afterTone(sound, 1000), 0.6, 'silence after the prompt');
  });

  test('by what the party hears alone, where that is recorded', async () => {
    const then = [{ play: stage.host.toneUrl(1000, 1) }];
    const limits = { end_silence_timeout: 0.6, direction: 'listen' };
    const { params, sound } = await outcome('listen', limits, { hz: 440, then });
    expect(params).toMatchObject({ end_reason: 'end_silence' });
    expectNear(afterTone(sound, 1000), 0.6, 'silence after the prompt');
  });
});

describe.concurrent('record', () => {
  const results = ['record_url', 'record_result', 'record_end_reason'].map((name) => `\${${name}}`).join('/');

  /** What the script has in its variables after `record`, and what it plays then. */
  const recorded = async (
    number: string,
    record: Record<string, unknown>,
    party: (phone: Phone) => Promise<void>,
  ): Promise<{ result: string; phone: Phone; hangup: () => Promise<number> }> => {
    const { host } = stage;
    host.serve(number, [
      { record },
      { request: { url: `${host.origin}/told/${number}/done`, method: 'POST', body: { play_result: results } } },
      { play: { url: `\${record_url}` } },
      { sleep: 60_000 },
    ]);
    const call = await stage.dial(number, { hz: 0 });
    await call.answered;
    await stage.server.waitForLog(
      'the recording',
      ({ msg, direction }) => msg === 'recording' && direction === 'speak',
    );
    await party(call.phone);
    return { result: (await host.told(number, 'done')).play_result, phone: call.phone, hangup: () => call.hangup() };
  };

  test('waits for #, and what was said can be played at once', async () => {
    const { result, phone, hangup } = await recorded('voicemail', {}, async (sender) => {
      await sleep(300);
      sender.say(700);
      await sleep(1000);
      await sender.sendDigit('#');
      sender.say(0);
    });
    expect(result).toMatch(/^http:.*\.wav\?.*\/success\/terminator$/);
    await phone.waitUntilHears(700);
    await hangup();
  });

  test('says no_input where nobody speaks', async () => {
    const { result, hangup } = await recorded('silent', { initial_timeout: 0.6 }, async () => undefined);
    expect(result).toMatch(/\.wav\?.*\/no_input\/initial_timeout$/);
    await hangup();
  });

  test('ends with the call, and its recording is kept', async () => {
    const { host, sink } = stage;
    host.serve('gone', [{ record: { status_url: `${sink.url}/gone` } }, host.tell('gone', 'never')]);
    const call = await stage.dial('gone');
    await call.answered;
    await sleep(400);
    await call.hangup();
    const post = await sink.waitFor('the end', ({ path, body }) => path.endsWith('/gone') && /"finished"/.test(body));
    expect(post.json).toMatchObject({ params: { state: 'finished', end_reason: 'hangup' } });
    expect(host.allTold('gone')).toEqual([]);
  });
});

test('the words of the end are the same in variable, event, API and log', async () => {
  const { host, sink, server } = stage;
  const words = `\${record_call_state} \${record_call_end_reason}`;
  const tell = (what: string): ScriptStep => ({
    request: { url: `${host.origin}/told/words/${what}`, method: 'POST', body: { play_result: words } },
  });
  host.serve('words', [
    { record_call: { control_id: 'words', max_length: 0.5, status_url: sink.url } },
    tell('during'),
    { sleep: 3000 },
    tell('after'),
    { record_call: {} },
    'stop_record_call',
    tell('stopped'),
  ]);
  const call = await stage.dial('words');
  expect((await host.told('words', 'during')).play_result).toBe('recording ');
  expect((await host.told('words', 'after')).play_result).toBe('finished max_length');
  expect((await host.told('words', 'stopped')).play_result).toBe('finished stop');
  expect((await sink.waitForState('words', 'finished')).params.end_reason).toBe('max_length');
  const { recording_id } = (await sink.waitForState('words', 'finished')).params;
  const shown = await fetch(`${server.http}/api/recordings/${recording_id}`);
  expect(await shown.json()).toMatchObject({ state: 'finished', end_reason: 'max_length' });
  await server.waitForLog(
    'the end in the same words',
    (line) =>
      line.msg === 'recording stored' &&
      line.recording_id === recording_id &&
      line.state === 'finished' &&
      line.end_reason === 'max_length',
  );
  expect(await call.ended).toBe('server');
});
