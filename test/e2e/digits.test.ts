import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { download } from '../kit/download.ts';
import { decode, toneSpan } from '../kit/files.ts';
import type { ScriptStep } from '../kit/script-host.ts';
import { type DialledCall, type Stage, startStage } from '../kit/stage.ts';

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
const record = async (number: string, recordings: readonly Record<string, unknown>[]): Promise<Recorded> => {
  const { host, sink } = stage;
  const start = recordings.map(
    (parameters, i): ScriptStep => ({
      record_call: { control_id: `${number}-${i}`, status_url: sink.url, ...parameters },
    }),
  );
  host.serve(number, [...start, host.tell(number, 'recording'), { sleep: 60_000 }]);
  const dialled = await stage.dial(number);
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
    const sound = await decode(await download(url));
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
  expect(await call.info('Signal=fnord\r\nDuration=x', relay)).toBe(400);
  expect(await call.info('<media_control><vc_primitive/></media_control>', 'application/media_control+xml')).toBe(415);
  expect(await call.info('Signal=hf\r\nDuration=160', relay)).toBe(200);
  expect(await call.send('INFO')).toBe(200);
  expect(stage.sink.eventsOf('garbage-0').map(({ params }) => params.state)).toEqual(['recording']);
  expect(await call.info('Signal=d\r\nDuration=160', relay)).toBe(200);
  expect(await ended('garbage-0')).toMatchObject({ end_reason: 'terminator' });
  await call.hangup();
});
