import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseMachineStat, parseProcStat } from '../../../bench/measure/proc-stat.ts';

const tail =
  'S 28441 28441 21259 0 -1 4194304 99 0 0 0 12 34 56 78 20 0 1 0 402064 3133440 410 18446744073709551615 1 1 0 0 0 0';

test('a stat line gives times in ms: own as user and system, children apart', () => {
  expect(parseProcStat(`28444 (node) ${tail}`)).toEqual({ pid: 28444, parent: 28441, ownMs: 460, childrenMs: 1340 });
});

test('a program may have spaces and brackets in its name', () => {
  expect(parseProcStat(`7 (a) b (c)) ${tail}`)).toMatchObject({ pid: 7, parent: 28441, ownMs: 460 });
});

test("this process's own line can be read and its times agree with what Node.js says", () => {
  const { pid, parent, ownMs } = parseProcStat(readFileSync('/proc/self/stat', 'utf8'));
  const { user, system } = process.cpuUsage();
  expect({ pid, parent }).toEqual({ pid: process.pid, parent: process.ppid });
  // Ticks of 10 ms, two of them rounded.
  expect(Math.abs(ownMs - (user + system) / 1000)).toBeLessThan(60);
});

test.each(['', 'cpu 1 2 3', '12 (cut'])('what is no stat line is refused: %j', (text) => {
  expect(() => parseProcStat(text)).toThrow(/no line of/);
});

test('the machine has worked for all but idle and iowait', () => {
  expect(parseMachineStat('cpu  100 20 30 5000 400 1 2 9 0 0\ncpu0 1 1 1 1\n')).toBe(1530);
});

test('what is no /proc/stat is refused', () => {
  expect(() => parseMachineStat('intr 1')).toThrow(/no \/proc\/stat/);
});
