import { afterAll, beforeAll, expect, test } from 'vitest';
import { cut, type DecodedFile, decode, levelsDb } from '../kit/files.ts';
import type { ScriptStep } from '../kit/script-host.ts';
import { type Stage, startStage } from '../kit/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

const ended = async (controlId: string) => (await stage.sink.waitForState(controlId, 'finished')).params;
const statesOf = (controlId: string) =>
  stage.sink.eventsOf(controlId).map(({ event_id, event_number, params }) => ({
    id: event_id.slice(params.recording_id.length + 1),
    event_number,
    state: params.state,
    ...(params.pause_behavior === undefined ? {} : { behavior: params.pause_behavior }),
  }));

/** The phone's tones outside and inside of pauses. */
const openHz = 440;
const secretHz = 1000;
/** A pause of a call takes as long as its step, and its two ends what SIP, scripts and threads add on a busy machine. */
const pauseMs = 900;
const slowMs = 400;
/** The end of another tone is heard as -58 dB of this one; a single packet of it, at -10, as some -30. */
const nothingDb = -48;

const soundOf = async (controlId: string): Promise<DecodedFile> =>
  decode(await stage.download((await ended(controlId)).url));

/** The loudest quarter of a second of a tone in the file. */
const loudest = (sound: DecodedFile, hz: number): number => Math.max(...levelsDb(sound, 0, hz));

test('nothing of a pause is in the file, skipped or silent; each turn is told, and told once', async () => {
  const { host, sink, dial } = stage;
  const record = (control_id: string, more: Record<string, unknown> = {}): ScriptStep => ({
    record_call: { control_id, status_url: sink.url, direction: 'speak', ...more },
  });
  host.serve('paused', [
    record('skip'),
    record('silence'),
    record('whole'),
    { sleep: 600 },
    { pause_record_call: 'skip' },
    { pause_record_call: { control_id: 'silence', behavior: 'silence' } },
    // Once more: a success, and nothing new.
    { pause_record_call: { control_id: 'skip', behavior: 'silence' } },
    host.tell('paused', 'paused'),
    { sleep: pauseMs },
    host.tell('paused', 'secret is over'),
    { resume_record_call: 'skip' },
    { resume_record_call: 'silence' },
    { resume_record_call: 'silence' },
    { sleep: 600 },
    { pause_record_call: 'skip' },
    { sleep: 200 },
    { resume_record_call: 'skip' },
    { sleep: 300 },
    { stop_record_call: 'skip' },
    { stop_record_call: 'silence' },
    { stop_record_call: 'whole' },
    { pause_record_call: 'skip' },
    host.tell('paused', 'the end'),
    { hangup: {} },
  ]);
  const call = await dial('paused');
  await host.told('paused', 'paused');
  call.phone.say(secretHz);
  await host.told('paused', 'secret is over');
  call.phone.say(openHz);
  const last = {
    record_call_state: 'finished',
    pause_record_call_result: 'failed',
    resume_record_call_result: 'success',
  };
  expect(await host.told('paused', 'the end')).toMatchObject(last);

  const [skip, silence, whole] = await Promise.all(['skip', 'silence', 'whole'].map(soundOf));
  if (!skip || !silence || !whole) throw new Error('three recordings were made');
  expect(loudest(whole, secretHz), 'the secret, where nothing is paused').toBeGreaterThan(-20);
  for (const sound of [skip, silence]) {
    expect(loudest(sound, openHz)).toBeGreaterThan(-20);
    expect(loudest(sound, secretHz), 'the secret in a quarter of a second').toBeLessThan(nothingDb);
  }
  expect(Math.abs(silence.durationS - whole.durationS) * 1000).toBeLessThan(slowMs);
  const skippedMs = (whole.durationS - skip.durationS) * 1000;
  expect(skippedMs).toBeGreaterThan(pauseMs + 200 - slowMs);
  expect(skippedMs).toBeLessThan(pauseMs + 200 + 3 * slowMs);
  const kept = cut(silence, 0);
  const zeroMs = kept.filter((sample) => sample === 0).length / 8;
  expect(zeroMs, 'ms of digital silence').toBeGreaterThan(pauseMs);

  expect(statesOf('skip')).toEqual([
    { id: 'recording', event_number: 1, state: 'recording' },
    { id: 'paused', event_number: 2, state: 'paused', behavior: 'skip' },
    { id: 'recording.2', event_number: 3, state: 'recording' },
    { id: 'paused.2', event_number: 4, state: 'paused', behavior: 'skip' },
    { id: 'recording.3', event_number: 5, state: 'recording' },
    { id: 'finished', event_number: 6, state: 'finished' },
  ]);
  expect(statesOf('silence').map(({ id }) => id)).toEqual(['recording', 'paused', 'recording.2', 'finished']);
  expect((await ended('skip')).duration).toBeCloseTo(skip.durationS, 2);
});

test('a terminator ends a recording that is paused; limits wait for what is recorded', async () => {
  const { host, sink, dial } = stage;
  const limits = { status_url: sink.url, direction: 'speak' };
  host.serve('limits', [
    { record_call: { ...limits, control_id: 'key', terminators: '#' } },
    { record_call: { ...limits, control_id: 'short', max_length: 1 } },
    { record_call: { ...limits, control_id: 'quiet', initial_timeout: 0.5, input_sensitivity: 1 } },
    ...['key', 'short', 'quiet'].map((control_id): ScriptStep => ({ pause_record_call: control_id })),
    host.tell('limits', 'paused'),
    { sleep: 1500 },
    host.tell('limits', 'still paused'),
    { resume_record_call: 'short' },
    { resume_record_call: 'quiet' },
    host.tell('limits', 'resumed'),
    { sleep: 60_000 },
  ]);
  const call = await dial('limits');
  await host.told('limits', 'paused');
  await call.phone.sendDigit('#');
  expect(await ended('key')).toMatchObject({ end_reason: 'terminator' });
  await host.told('limits', 'still paused');
  for (const controlId of ['short', 'quiet']) {
    expect(statesOf(controlId).map(({ state }) => state)).toEqual(['recording', 'paused']);
  }
  const quiet = await sink.waitForState('quiet', 'no_input');
  expect(quiet.params.end_reason).toBe('initial_timeout');
  expect(quiet.params.duration).toBeCloseTo(0.5, 1);
  const short = await ended('short');
  expect(short).toMatchObject({ end_reason: 'max_length' });
  expect(short.duration).toBeCloseTo(1, 2);
  // What the clock says: the pause is part of the time between begin and end.
  expect((short.end_time ?? 0) - short.start_time).toBeGreaterThan(2.4);
  await call.hangup();
});
