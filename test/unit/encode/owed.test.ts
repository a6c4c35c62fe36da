import { expect, test } from 'vitest';
import { isOwed } from '../../../src/recorder/encode/owed.ts';
import { encodeQueueName } from '../../../src/recorder/encode/queue.ts';
import type { RecordingRecord } from '../../../src/recorder/recording/record.ts';
import type { JournalEntry } from '../../../src/recorder/spool/journal.ts';

const openedMs = Date.parse('2026-11-22T12:00:00Z');
const record: RecordingRecord = {
  recording_id: '7d5d1d3c-2d2c-4a3f-8c7d-0123456789ab',
  call_id: 'c',
  control_id: 'k',
  node_id: 'mine',
  state: 'recording',
  format: 'wav',
  direction: 'both',
  stereo: false,
  url: 'http://127.0.0.1/',
  from: 'a',
  to: 'b',
  start_time: openedMs / 1000,
};
const opened: JournalEntry = { event: 'opened', t: 0, at: new Date(openedMs).toISOString(), record };
const foreign: JournalEntry = { ...opened, record: { ...record, node_id: 'other' } };
const deserted: JournalEntry = { ...opened, record: { ...record, node_id: 'dead' } };
const started: JournalEntry = { event: 'started', t: 50 };
const stopped: JournalEntry = { event: 'stopped', t: 5000, reason: 'hangup' };

test.each([
  ['one that was stopped', [opened, started, stopped], 0, undefined, true],
  ["another node's that was stopped", [foreign, started, stopped], 0, undefined, true],
  ["another node's that was not stopped", [foreign, started], 3600, undefined, false],
  ["a dead node's that was not stopped", [deserted, started], 10, undefined, true],
  ["a dead node's that was opened a moment ago", [deserted, started], 9.9, undefined, false],
  ['one that is only starting', [opened], 9.9, undefined, false],
  ['one whose process is gone', [opened, started], 10, undefined, true],
  ['one that was being captured a moment ago', [opened, started], 100, 95, false],
  ['one that was being captured some time ago', [opened, started], 100, 90, true],
  ['one from before the clock was set back', [opened, started], -3600, undefined, true],
  ['one whose time of opening cannot be read', [{ ...opened, at: 'once' }, started], 0, undefined, true],
  ['an empty one', [], 3600, undefined, false],
] as const)('of spools that nobody captures to, %s', (_what, entries, ageS, lastOwnedAgeS, owed) => {
  const lastOwnedMs = lastOwnedAgeS === undefined ? undefined : openedMs + lastOwnedAgeS * 1000;
  const goneNodes = new Set(['dead']);
  const context = { nodeId: 'mine', goneNodes, nowMs: openedMs + ageS * 1000, graceMs: 10_000, lastOwnedMs };
  expect(isOwed(entries, context)).toBe(owed);
});

test('two nodes never share a queue, whatever they are called', () => {
  const names = ['a:b', 'a_b', 'a b', 'a.b', 'a-b', 'a_3a_b', 'ä', 'A', 'a'].map(encodeQueueName);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^encode-[A-Za-z0-9._-]+$/);
  expect(encodeQueueName('sip-7.example.org')).toBe('encode-sip-7.example.org');
});
