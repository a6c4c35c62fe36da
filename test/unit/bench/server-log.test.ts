import { expect, test } from 'vitest';
import { parseLog, phaseOf } from '../../../bench/measure/server-log.ts';

const text = (lines: readonly object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
const of = (call_id: string, fields: object): object => ({ level: 'info', call_id, ...fields });
const recorded = (call_id: string, recording_id: string, fields: object): object =>
  of(call_id, { recording_id, ...fields });

test('a line that is still being written is left out', () => {
  expect(parseLog('{"msg":"a"}\n{"ms')).toEqual([{ msg: 'a' }]);
});

test('a recording is put together from the lines of switch and worker', () => {
  const lines = parseLog(
    text([
      of('c1', { msg: 'INVITE', to: 'sip:recording@127.0.0.1:5060' }),
      recorded('c1', 'r1', { msg: 'recording' }),
      recorded('c1', 'r1', { msg: 'first packet', track: 'listen', after_ms: 12 }),
      recorded('c1', 'r1', { msg: 'first packet', track: 'speak', after_ms: 20 }),
      recorded('c1', 'r1', {
        msg: 'captured',
        seconds: 30.02,
        tracks: { speak: { dropped: 1 }, listen: { dropped: 2 } },
      }),
      recorded('c1', 'r1', { msg: 'recording stored', state: 'finished', took_ms: 40 }),
      recorded('c1', 'r1', { msg: 'stop_record_call: playable', took_ms: 61 }),
    ]),
  );
  expect(phaseOf(lines, 'recording')).toEqual({
    calls: 1,
    errors: [],
    recordings: [
      {
        id: 'r1',
        seconds: 30.02,
        firstPacketMs: { listen: 12, speak: 20 },
        playableMs: 61,
      },
    ],
  });
});

test('calls to other numbers are not looked at, and a recording that was never finished has no end', () => {
  const lines = parseLog(
    text([
      of('c1', { msg: 'INVITE', to: 'sip:warm-up@127.0.0.1:5060' }),
      recorded('c1', 'r1', { msg: 'recording' }),
      of('c2', { msg: 'INVITE', to: 'sip:recording@127.0.0.1:5060' }),
      recorded('c2', 'r2', { msg: 'recording' }),
      of('c2', { level: 'error', msg: 'the call failed', err: { message: 'no reason' } }),
    ]),
  );
  expect(phaseOf(lines, 'recording')).toEqual({
    calls: 1,
    errors: ['the call failed: no reason'],
    recordings: [{ id: 'r2', seconds: 0, firstPacketMs: {} }],
  });
});
