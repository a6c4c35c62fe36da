import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../../src/recorder/spool/journal.ts';
import { openJournal, parseJournal, readJournal } from '../../../src/recorder/spool/journal-file.ts';

let dir: string;
let count = 0;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipreel-journal-'));
});
afterAll(() => rm(dir, { recursive: true }));

const newPath = (): string => join(dir, `${count++}.jsonl`);
const started = (t: number): JournalEntry => ({ event: 'started', t });

describe('the journal', () => {
  it('keeps the order of the calls, waited for or not', async () => {
    const path = newPath();
    const journal = await openJournal(path);
    const times = Array.from({ length: 200 }, (_, t) => t);
    await Promise.all(times.map((t) => journal.append(started(t))));
    expect((await readJournal(path)).entries.map(({ t }) => t)).toEqual(times);
    await journal.close();
  });

  it('goes on after the last complete line, and the torn one goes', async () => {
    const path = newPath();
    const first = await openJournal(path);
    await first.append(started(1));
    await first.close();
    await appendFile(path, '{"event":"sdp","t":2,"tra');
    expect(await readJournal(path)).toEqual({ entries: [started(1)], damagedLines: 0 });

    const second = await openJournal(path);
    await second.append(started(3));
    await second.close();
    expect(await readJournal(path)).toEqual({ entries: [started(1), started(3)], damagedLines: 0 });
    expect(await readFile(path, 'utf8')).toBe('{"event":"started","t":1}\n{"event":"started","t":3}\n');
  });

  it('reads the lines around one that is damaged, and counts that', async () => {
    const path = newPath();
    await writeFile(path, '{"event":"started","t":1}\n\0\0\0\n{"t":3}\n{"event":"started","t":4}\n');
    expect(await readJournal(path)).toEqual({ entries: [started(1), started(4)], damagedLines: 2 });
  });

  it('has all complete lines of a journal that is cut anywhere', () => {
    const lines = [started(1), started(2), { event: 'stopped', t: 3, reason: 'stop' }] as const;
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length }), (cut) => {
        const complete = text.slice(0, cut).split('\n').length - 1;
        expect(parseJournal(text.slice(0, cut))).toEqual({ entries: lines.slice(0, complete), damagedLines: 0 });
      }),
    );
  });

  it('says which file cannot be opened', async () => {
    const path = join(dir, 'missing', 'journal.jsonl');
    await expect(openJournal(path)).rejects.toMatchObject({ code: 'spool_open_failed', details: { path } });
    await expect(readJournal(path)).rejects.toMatchObject({ code: 'spool_unreadable', details: { path } });
  });
});
