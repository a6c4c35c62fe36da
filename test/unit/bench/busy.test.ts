import { expect, test } from 'vitest';
import { busyHelp, parseBusyArguments } from '../../../bench/busy/arguments.ts';
import { type Arrival, latenessOf } from '../../../bench/busy/lateness.ts';
import { busyText, promiseKept } from '../../../bench/busy/report.ts';
import { busyScripts } from '../../../bench/busy/scripts.ts';
import { parseScript } from '../../../src/switch/swml/parse-script.ts';

test('without options 100 scripts loop beside a prompt of 30 s', () => {
  expect(parseBusyArguments([])).toEqual({ scripts: 100, seconds: 30, settings: [], json: false });
  expect(parseBusyArguments(['--scripts', '5', '-h'])).toBe('help');
  for (const name of ['scripts', 'seconds', 'set', 'json']) expect(busyHelp).toContain(`--${name} `);
});

test.each([
  [['--scripts', '251'], '--scripts 251: must be a whole number from 1 to 250'],
  [['--seconds', '4'], '--seconds 4: must be'],
  [['--calls', '4'], "Unknown option '--calls'"],
])('%j is refused with the word at fault', (words, message) => {
  expect(() => parseBusyArguments(words)).toThrow(message);
});

test.each(Object.entries(busyScripts))('the busy script %s is one', (name, script) => {
  expect(() => parseScript(script, { name })).not.toThrow();
});

/** Packets every 20 ms that come `late` ms after their time. */
const stream = (late: readonly number[], start = 0): Arrival[] =>
  late.map((ms, index) => ({ timestamp: (start + index * 160) % 2 ** 32, at: 5_000 + index * 20 + ms }));

test('how late packets are is counted from the earliest one', () => {
  expect(latenessOf(stream([3, 2, 2, 30, 12]))).toEqual({
    packets: 5,
    missing: 0,
    late_ms: { p50: 1, p95: 28, max: 28 },
    over_frame: 1,
  });
});

test('a stream may begin anywhere, also just before its time wraps', () => {
  expect(latenessOf(stream([0, 0, 5, 0], 2 ** 32 - 160))).toMatchObject({ missing: 0, late_ms: { max: 5 } });
});

test('frames that never came are missing', () => {
  const packets = stream([0, 0, 0, 0, 0, 0]);
  expect(latenessOf(packets.filter((_, index) => index !== 2 && index !== 3))).toMatchObject({
    packets: 4,
    missing: 2,
  });
  expect(latenessOf([])).toMatchObject({ packets: 0, missing: 0 });
});

test.each([
  [{ p50: 1, p95: 19.9, max: 80 }, 0, 'kept'],
  [{ p50: 1, p95: 20, max: 20 }, 0, 'NOT KEPT'],
  [{ p50: 1, p95: 2, max: 3 }, 1, 'NOT KEPT'],
])('with %j and %i missing the promise is told as it is: %s', (late_ms, missing, told) => {
  const phase = { packets: 100, missing, late_ms, over_frame: 0, main_cpu: 0.1, threads_cpu: 0.5, foreign_cpu: 0.02 };
  const result = { alone: phase, busy: phase, calls: 123 };
  expect(promiseKept(result)).toBe(told === 'kept');
  const text = busyText(result, { scripts: 100, seconds: 30, settings: [], json: false });
  expect(text).toContain(`none missing): ${told}`);
  expect(text).toContain('123 calls');
});
