import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSilence } from '../../../src/switch/sip/silence.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what is kept silent is released later, each at its time', () => {
  const silence = createSilence({ afterMs: 1000 });
  const released: string[] = [];
  silence.keep(() => released.push('a'));
  vi.advanceTimersByTime(600);
  silence.keep(() => released.push('b'));
  vi.advanceTimersByTime(399);
  expect(released).toEqual([]);
  vi.advanceTimersByTime(2);
  expect(released).toEqual(['a']);
  vi.advanceTimersByTime(600);
  expect(released).toEqual(['a', 'b']);
});

test('a flood releases the oldest at once, and the end forgets all', () => {
  const silence = createSilence({ most: 2, afterMs: 1000 });
  const released: string[] = [];
  for (const name of ['a', 'b', 'c']) silence.keep(() => released.push(name));
  expect(released).toEqual(['a']);
  silence.close();
  vi.advanceTimersByTime(5000);
  expect(released).toEqual(['a']);
});
