import { expect, test } from 'vitest';
import { phaseReport } from '../../../bench/report/phase-report.ts';
import { type BenchReport, reportText } from '../../../bench/report/report.ts';
import { tableLines } from '../../../bench/report/table.ts';

test('a table has its first column to the left and the others to the right', () => {
  expect(tableLines([['name', 'a', 'bb'], ['x', '1.25', '-'], [], ['longer name', '', '7']])).toEqual([
    'name            a  bb',
    'x            1.25   -',
    '',
    'longer name         7',
  ]);
});

test('a table without rows is empty', () => {
  expect(tableLines([])).toEqual([]);
});

const load = {
  calls: [
    { seconds: 10, sent: 500 },
    { seconds: 10, sent: 500, error: 'the call was broken off' },
  ],
  cpuMs: 100,
  late: { p95: 1, max: 2 },
};
const spent = {
  parts: new Map([
    ['rtpengine', 40],
    ['redis-server', 10],
  ]),
  machineMs: 1200,
  at: 10_000,
};
const counts = { callSeconds: 20, packets: { sent: 1000, lost: 3 }, startMs: [10, 60], stopMs: [100], problems: ['x'] };
const phase = phaseReport('recording', spent, load, counts, { cores: 2, benchMs: 50 });

test('CPU is divided by call-seconds, and what nobody of us has spent is foreign', () => {
  expect(phase).toMatchObject({
    cpu_ms_per_call_second: { rtpengine: 2, 'redis-server': 0.5 },
    problems: ['the call was broken off', 'x'],
    load_generator: { cpu_ms_per_call_second: 5 },
    // 1200 - 40 - 10 - 100 - 50 = 1000 ms in 10 s of 2 cores.
    foreign_cpu: 0.05,
  });
});

test('a phase without a second of sound has no figures that are not numbers', () => {
  const nothing = phaseReport('relay', spent, load, { callSeconds: 0, problems: [] }, { cores: 2, benchMs: 0 });
  expect(nothing.cpu_ms_per_call_second).toEqual({ rtpengine: 0, 'redis-server': 0 });
});

test('the report names the promises that were not kept, foreign load and each problem once', () => {
  const report: BenchReport = {
    at: '2026-01-01T00:00:00.000Z',
    machine: { cpu: 'A CPU', cores: 2, memory_mb: 1000, kernel: '6' },
    versions: { node: '20.20.0' },
    options: {
      ...{ calls: 2, seconds: 10, rate: 10, warmUp: 0, direction: 'both', stereo: true, format: 'wav' },
      ...{ phases: ['recording'], settings: [] },
    },
    phases: [{ ...phase, foreign_cpu: 0.2, problems: ['x', 'y', 'x'] }],
  };
  const text = reportText(report);
  expect(text).toContain('2 calls of 10 s, 10 new ones a second; both, stereo, wav; 2 cores of A CPU');
  expect(text).toMatch(/^ {2}all +2\.50$/m);
  expect(text).toMatch(/^ {2}lost +3$/m);
  expect(text).toMatch(/^start to first packet, ms \(p50 \/ p95 \/ max\) +10 \/ 60 \/ 60$/m);
  expect(text).toContain('start to first packet (p95) is to be below 50 ms: NOT KEPT');
  expect(text).toContain('stop to playable file (p95) is to be below 500 ms: kept');
  expect(text).toContain('other programs took 20.0 % of all cores');
  expect(text).toContain('2 times: x');
});
