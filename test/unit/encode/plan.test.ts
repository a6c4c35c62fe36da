import { expect, test } from 'vitest';
import { pausedSamples, planRender } from '../../../src/recorder/encode/plan.ts';
import type { Direction } from '../../../src/recorder/recording/parameters.ts';
import type { Pause } from '../../../src/recorder/recording/pauses.ts';
import type { RecordingRecord } from '../../../src/recorder/recording/record.ts';
import type { PayloadMap } from '../../../src/recorder/spool/journal.ts';
import type { SpoolContents } from '../../../src/recorder/spool/read-spool.ts';

const spoolOf = (
  source: { direction?: Direction; stereo?: boolean },
  startMs: number,
  stopMs: number,
  payloads: PayloadMap = { 0: { codec: 'PCMU', clockRate: 8000, channels: 1 } },
  pauses: readonly Pause[] = [],
): SpoolContents => {
  const record: RecordingRecord = {
    recording_id: 'r',
    call_id: 'c',
    control_id: 'k',
    node_id: 'n',
    state: 'recording',
    format: 'wav',
    direction: source.direction ?? 'both',
    stereo: source.stereo ?? false,
    url: '',
    from: '',
    to: '',
    start_time: 0,
  };
  const entries = [{ event: 'sdp', t: 0, track: 'speak', payloads }] as const;
  return { record, entries, startMs, stopMs, pauses, reason: 'stop', damagedLines: 0 };
};

test.each([
  [0, 1000, 8000],
  [123.456, 123.456 + 3_600_000, 28_800_000],
  [10, 10 + 33.3, 266],
  [500, 500, 160],
  [500, 505, 160],
  [500, 400, 160],
])('from %d to %d ms there are %d frames', (startMs, stopMs, frames) => {
  expect(planRender(spoolOf({}, startMs, stopMs)).frames).toBe(frames);
});

test.each([
  [{ direction: 'speak', stereo: true }, 1, ['speak']],
  [{ direction: 'listen', stereo: false }, 1, ['listen']],
  [{ direction: 'both', stereo: false }, 1, ['speak', 'listen']],
  [{ direction: 'both', stereo: true }, 2, ['speak', 'listen']],
] as const)('%j has %d channels of %j', (source, channels, tracks) => {
  expect(planRender(spoolOf(source, 0, 1000))).toMatchObject({ shape: { channels }, tracks });
});

test.each([
  [{ 0: { codec: 'PCMU', clockRate: 8000, channels: 1 } }, 8000],
  [{ 96: { codec: 'PCMU', clockRate: 16_000, channels: 1 } }, 16_000],
  [{ 96: { codec: 'PCMA', clockRate: 11_025, channels: 1 } }, 16_000],
  [{ 9: { codec: 'G722', clockRate: 8000, channels: 1 } }, 16_000],
  [
    { 111: { codec: 'OPUS', clockRate: 48_000, channels: 2 }, 0: { codec: 'PCMU', clockRate: 8000, channels: 1 } },
    48_000,
  ],
  [{ 111: { codec: 'OPUS', clockRate: 8000, channels: 2 } }, 8000],
  [{ 101: { codec: 'TELEPHONE-EVENT', clockRate: 48_000, channels: 1 } }, 8000],
  [{ 111: { codec: 'NO-SUCH-CODEC', clockRate: 90_000, channels: 7 } }, 8000],
  [{}, 8000],
])('payload types %j are kept at %d Hz', (payloads, sampleRate) => {
  expect(planRender(spoolOf({}, 0, 1000, payloads)).shape.sampleRate).toBe(sampleRate);
});

test('what is skipped is not in the file, what is silent is, and sound is a packet later than it was made', () => {
  const pauses: readonly Pause[] = [
    { from: 1000, to: 2000, behavior: 'skip' },
    { from: 3000, to: 4000, behavior: 'silence' },
    { from: 9000, to: 10_000, behavior: 'skip' },
  ];
  const plan = planRender(spoolOf({}, 500, 10_000, undefined, pauses));
  expect(plan.frames).toBe(8 * (9500 - 1000 - 980));
  expect(pausedSamples(plan, 'skip')).toEqual([
    { from: 8 * 520, to: 8 * 1520 },
    { from: 8 * 8520, to: 8 * 9500 },
  ]);
  expect(pausedSamples(plan, 'silence')).toEqual([{ from: 8 * 2520, to: 8 * 3520 }]);
});

test('a recording that is paused from its first moment on is as long as the shortest file', () => {
  const plan = planRender(spoolOf({}, 500, 10_000, undefined, [{ from: 500, to: 10_000, behavior: 'skip' }]));
  expect(plan.frames).toBe(160);
});
