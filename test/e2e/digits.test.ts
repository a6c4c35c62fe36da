import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DecodedFile, decode, levelsDb, toneSpan } from '../kit/files.ts';
import type { ScriptStep } from '../kit/script-host.ts';
import { type DialledCall, type Stage, startStage } from '../kit/stage.ts';
import { joined, keyFrequencies, keyTone, silence } from '../sound/dtmf.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

const relay = 'application/dtmf-relay';

interface Recorded extends DialledCall {
  /** Resolves when the server has seen the recording start. */
  readonly url: string;
}

/** A call whose script records with these parameters, tells `recording`, and waits. */
const record = async (
  number: string,
  recordings: readonly Record<string, unknown>[],
  { host, sink, dial } = stage,
): Promise<Recorded> => {
  const start = recordings.map(
    (parameters, i): ScriptStep => ({
      record_call: { control_id: `${number}-${i}`, status_url: sink.url, ...parameters },
    }),
  );
  host.serve(number, [...start, host.tell(number, 'recording'), { sleep: 60_000 }]);
  const dialled = await dial(number);
  await dialled.answered;
  const { record_call_url } = await host.told(number, 'recording');
  return { ...dialled, url: record_call_url };
};

const ended = async (controlId: string) => (await stage.sink.waitForState(controlId, 'finished')).params;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a terminator', () => {
  test('as an RTP event stops the recording within 150 ms of its end, whatever the other keys', async () => {
    const call = await record('rfc4733', [{ terminators: '#*' }]);
    await call.phone.sendDigit('5');
    await call.phone.sendDigit('#');
    // The last of three end packets is sent 40 ms after the key is up.
    const upAt = Date.now() - 40;
    const { time } = await stage.server.waitForLog(
      'the end',
      ({ msg, control_id }) => msg === 'a terminator was pressed' && control_id === 'rfc4733-0',
    );
    expect(Date.parse(String(time)) - upAt, 'ms from the key being up to the stop').toBeLessThan(150);
    expect(await ended('rfc4733-0')).toMatchObject({ state: 'finished', end_reason: 'terminator' });
    await call.hangup();
  });

  test.each([
    ['info-relay', relay, 'Signal=#\r\nDuration=160\r\n'],
    ['info-dtmf', 'application/dtmf', '#'],
  ])('as SIP INFO (%s) stops the recording', async (number, type, body) => {
    const call = await record(number, [{ terminators: '#' }]);
    expect(await call.info(body.replace('#', '5'), type)).toBe(200);
    expect(await call.info(body, type)).toBe(200);
    expect(await ended(`${number}-0`)).toMatchObject({ end_reason: 'terminator' });
    await call.hangup();
  });

  test('stops every recording that names it and no other; what the party hears is recorded without what it says', async () => {
    const call = await record('three', [
      { terminators: '1', direction: 'listen' },
      { terminators: '2' },
      { terminators: '21', direction: 'speak' },
    ]);
    // Some sound, so that a track that should not be there would be noticed.
    await sleep(500);
    await call.phone.sendDigit('1');
    await Promise.all([ended('three-0'), ended('three-2')]);
    expect(stage.sink.eventsOf('three-1').map(({ params }) => params.state)).toEqual(['recording']);
    await call.hangup();
    expect(await ended('three-1')).toMatchObject({ end_reason: 'hangup' });
    const { url } = await ended('three-0');
    const sound = await decode(await stage.download(url));
    expect(sound.durationS).toBeGreaterThan(0.4);
    expect(toneSpan(sound, 0, 440), 'the party in a recording of what it hears').toBeUndefined();
  });

  test('that comes in two ways counts once: the next recording goes on', async () => {
    const { host, sink } = stage;
    host.serve('twice', [
      { record_call: { control_id: 'twice-0', status_url: sink.url, terminators: '#' } },
      host.tell('twice', 'first'),
      { sleep: 400 },
      { record_call: { control_id: 'twice-1', status_url: sink.url, terminators: '#' } },
      host.tell('twice', 'second'),
      { sleep: 60_000 },
    ]);
    const call = await stage.dial('twice');
    await host.told('twice', 'first');
    await call.phone.sendDigit('#');
    await ended('twice-0');
    await host.told('twice', 'second');
    expect(await call.info('Signal=#\r\nDuration=160', relay)).toBe(200);
    await sleep(300);
    expect(sink.eventsOf('twice-1').map(({ params }) => params.state)).toEqual(['recording']);
    await call.hangup();
    expect(await ended('twice-1')).toMatchObject({ end_reason: 'hangup' });
  });
});

test('INFO that is no digit is answered for what it is and harms nothing', async () => {
  const call = await record('garbage', [{ terminators: '0123456789*#ABCD' }]);
  await stage.sink.waitForState('garbage-0', 'recording');
  expect(await call.info('Signal=fnord\r\nDuration=x', relay)).toBe(400);
  expect(await call.info('<media_control><vc_primitive/></media_control>', 'application/media_control+xml')).toBe(415);
  expect(await call.info('Signal=hf\r\nDuration=160', relay)).toBe(200);
  expect(await call.send('INFO')).toBe(200);
  expect(stage.sink.eventsOf('garbage-0').map(({ params }) => params.state)).toEqual(['recording']);
  expect(await call.info('Signal=d\r\nDuration=160', relay)).toBe(200);
  expect(await ended('garbage-0')).toMatchObject({ end_reason: 'terminator' });
  await call.hangup();
});

/** A key as a telephone without anything else sends it. */
const pressed = (digit: string): Float64Array => joined(silence(60), keyTone(digit, { ms: 100 }), silence(60));

/** True if the tones of a key, which are at -10 dBFS, are anywhere in the file; the edges of another tone are quieter. */
const holdsKey = (sound: DecodedFile, digit: string): boolean =>
  keyFrequencies(digit).some((hz) => toneSpan(sound, 0, hz, -25) !== undefined);

describe('tones in the sound', () => {
  test('are no keys where the configuration does not say so', async () => {
    const call = await record('tones-off', [{ terminators: '5' }]);
    await call.phone.play(pressed('5'));
    await sleep(300);
    expect(stage.sink.eventsOf('tones-off-0').map(({ params }) => params.state)).toEqual(['recording']);
    await call.hangup();
    const { url } = await ended('tones-off-0');
    expect(holdsKey(await decode(await stage.download(url)), '5')).toBe(true);
  });

  test('are keys where it does, and stop the recording within 150 ms of their end', async () => {
    const inband = await startStage({ set: { 'digits.inband': 'true' } });
    try {
      const call = await record('tones-on', [{ terminators: '8', direction: 'listen' }, { terminators: '9' }], inband);
      await call.phone.play(pressed('8'));
      expect((await inband.sink.waitForState('tones-on-0', 'finished')).params.end_reason).toBe('terminator');
      expect(inband.sink.eventsOf('tones-on-1').map(({ params }) => params.state)).toEqual(['recording']);
      await call.phone.play(pressed('9'));
      // 60 ms of silence follow the tone, and the last packet of them was sent just now.
      const upAt = Date.now() - 60;
      const { time } = await inband.server.waitForLog(
        'the end',
        ({ msg, control_id }) => msg === 'a terminator was pressed' && control_id === 'tones-on-1',
      );
      expect(Date.parse(String(time)) - upAt, 'ms from the end of the tone to the stop').toBeLessThan(150);
      expect((await inband.sink.waitForState('tones-on-1', 'finished')).params.end_reason).toBe('terminator');
      await call.hangup();
    } finally {
      await inband.close();
    }
  });
});

test('mask_digits keeps the sound of keys out of the file, and nothing else', async () => {
  const call = await record('masked', [
    { mask_digits: true, direction: 'speak' },
    { mask_digits: false, direction: 'speak' },
    { mask_digits: true, direction: 'both' },
  ]);
  const { phone } = call;
  await sleep(400);
  await phone.play(pressed('7'));
  await sleep(400);
  // A sender that lets the first part of a tone through before it sends the event in its place.
  await phone.play(keyTone('3', { ms: 40 }));
  await phone.sendDigit('3', 120);
  await sleep(400);
  await phone.play(pressed('7'));
  await call.hangup();
  const [masked, open, both] = await Promise.all(
    [0, 1, 2].map(async (i) => decode(await stage.download((await ended(`masked-${i}`)).url))),
  );
  if (!masked || !open || !both) throw new Error('three recordings were made');
  const where = [masked, both].map((sound) => [852, 1209, 697, 1477].map((hz) => [hz, toneSpan(sound, 0, hz, -25)]));
  expect([holdsKey(open, '7'), holdsKey(open, '3')]).toEqual([true, true]);
  expect([holdsKey(masked, '7'), holdsKey(masked, '3')], JSON.stringify(where)).toEqual([false, false]);
  expect([holdsKey(both, '7'), holdsKey(both, '3')]).toEqual([false, false]);
  expect(masked.durationS).toBeCloseTo(open.durationS, 1);
  // The party's own tone fills three pauses of 400 ms but for the masks' margins.
  const loud = levelsDb(masked, 0, 440).filter((db) => db > -20).length;
  expect(loud, 'quarters of a second with the tone').toBeGreaterThanOrEqual(2);
});
