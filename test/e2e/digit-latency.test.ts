import { join, parse } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSpool } from '../../src/recorder/spool/read-spool.ts';
import { readTrack } from '../../src/recorder/spool/read-track.ts';
import { parseRtp } from '../../src/rtp/packet.ts';
import { parseTelephoneEvent } from '../../src/rtp/telephone-event.ts';
import { decode, toneSpan } from '../kit/files.ts';
import { type DialledCall, type Stage, startStage } from '../kit/stage.ts';
import { joined, keyFrequencies, keyTone, silence } from '../sound/dtmf.ts';

/** A recording ends within this of the end of the digit that stops it. */
const stoppedWithinMs = 150;
/** A tone's end is found to 20 ms, and a busy machine may deliver the packets of a digit a few packets late. */
const toleranceMs = 80;

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({ set: { 'digits.inband': 'true', 'data.keep_spool': 'true' } });
});
afterAll(() => stage.close());

/** A call that is recorded by now. */
const recorded = async (number: string): Promise<DialledCall> => {
  const parameters = { control_id: number, direction: 'speak', terminators: '#', status_url: stage.sink.url };
  stage.host.serve(number, [{ record_call: parameters }, stage.host.tell(number, 'recording'), { sleep: 60_000 }]);
  const call = await stage.dial(number);
  await stage.host.told(number, 'recording');
  return call;
};

/** What the spool and the file of a recording say, once it has ended. */
const ended = async (controlId: string) => {
  const { params } = await stage.sink.waitForState(controlId, 'finished');
  expect(params.end_reason).toBe('terminator');
  const file = await stage.download(params.url);
  const dir = join(stage.server.dataDir, 'spool', parse(file).name);
  const { entries, stopMs } = await readSpool(dir);
  const opened = entries.find(({ event }) => event === 'opened') as { readonly at: string } | undefined;
  return { dir, stopMs, openedAt: Date.parse(opened?.at ?? ''), sound: await decode(file) };
};

const expectPrompt = (afterMs: number): void => {
  expect(afterMs, 'ms from the end of the digit to the end of the recording').toBeGreaterThan(-toleranceMs);
  expect(afterMs, 'ms from the end of the digit to the end of the recording').toBeLessThan(stoppedWithinMs);
};

test('an RTP event stops a recording at its first end packet, on the clock of the spool', async () => {
  const call = await recorded('event');
  await call.phone.sendDigit('#');
  const { dir, stopMs } = await ended('event');
  let endedAt: number | undefined;
  for await (const packets of readTrack(dir, 'speak')) {
    for (const { datagram, offsetMs } of packets) {
      const packet = parseRtp(datagram);
      if (packet?.payloadType !== 101 || !parseTelephoneEvent(packet.payload)?.end) continue;
      endedAt ??= offsetMs;
    }
  }
  expectPrompt(stopMs - (endedAt ?? Number.NaN));
  await call.hangup();
});

test('a SIP INFO stops a recording at its coming', async () => {
  const call = await recorded('info');
  const sentAt = Date.now();
  expect(await call.info('Signal=#\r\nDuration=160\r\n', 'application/dtmf-relay')).toBe(200);
  const { stopMs, openedAt } = await ended('info');
  expectPrompt(openedAt + stopMs - sentAt);
  await call.hangup();
});

test('a tone stops a recording at its end, in the file', async () => {
  const call = await recorded('tone');
  await call.phone.play(joined(silence(60), keyTone('#', { ms: 100 }), silence(60)));
  const { sound } = await ended('tone');
  const [low] = keyFrequencies('#');
  expectPrompt((sound.durationS - (toneSpan(sound, 0, low, -25)?.toS ?? Number.NaN)) * 1000);
  await call.hangup();
});
