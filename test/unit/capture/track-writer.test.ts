import { randomUUID } from 'node:crypto';
import { openSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTrackFile } from '../../../src/recorder/capture/track-file.ts';
import { createTrackWriter, type TrackWriter } from '../../../src/recorder/capture/track-writer.ts';
import { trackPath } from '../../../src/recorder/spool/layout.ts';
import { decodeRecords, rtpdumpHeader, rtpdumpHeaderBytes } from '../../../src/recorder/spool/rtpdump.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sipreel-writer-'));
});
afterAll(() => rm(root, { recursive: true }));

const header = rtpdumpHeader({ startedAt: 0, address: '127.0.0.1', port: 4000 });
/** Far enough: no test waits for it. */
const later = (): number => performance.now() + 10_000;

const newDir = async (): Promise<string> => {
  const dir = join(root, randomUUID());
  await mkdir(dir);
  return dir;
};

interface Told {
  readonly failures: Error[];
  recoveries: number;
}

const writerOn = (fd: number, position: number, limit = 1e9): { writer: TrackWriter; told: Told } => {
  const told: Told = { failures: [], recoveries: 0 };
  const writer = createTrackWriter({
    fd,
    position,
    budget: { limit, used: 0 },
    onFailed: (error) => told.failures.push(error),
    onRecovered: () => {
      told.recoveries++;
    },
  });
  return { writer, told };
};

const offsetsIn = async (dir: string): Promise<number[]> => {
  const bytes = await readFile(trackPath(dir, 'speak'));
  const start = rtpdumpHeaderBytes(bytes);
  if (typeof start === 'string') throw new Error(`the header is ${start}`);
  const { packets, consumed } = decodeRecords(bytes.subarray(start));
  expect(start + consumed, 'bytes of complete records').toBe(bytes.length);
  return packets.map(({ offsetMs }) => offsetMs);
};

describe('the track writer', () => {
  it('writes what it was given, in its order, whenever it is flushed', async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 1, max: 1500 }) },
      { weight: 1, arbitrary: fc.constantFrom('flush', 'wait') },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
        const dir = await newDir();
        const { fd, position } = await openTrackFile(dir, 'speak');
        const { writer, told } = writerOn(fd, position);
        writer.begin(header);
        let added = 0;
        for (const what of steps) {
          if (what === 'flush') writer.flush();
          else if (what === 'wait') await new Promise((resolve) => setTimeout(resolve, 1));
          else if (typeof what === 'number') expect(writer.add(Buffer.alloc(what, 1), false, added++)).toBe(true);
        }
        expect(await writer.finish(later())).toEqual({ lost: 0 });
        expect(await offsetsIn(dir)).toEqual(Array.from({ length: added }, (_, i) => i));
        expect(told).toEqual({ failures: [], recoveries: 0 });
      }),
      { numRuns: 30 },
    );
  });

  it('continues a track after its last complete record', async () => {
    const dir = await newDir();
    const first = writerOn((await openTrackFile(dir, 'speak')).fd, 0).writer;
    first.begin(header);
    first.add(Buffer.alloc(30), false, 1);
    first.add(Buffer.alloc(30), false, 2);
    await first.finish(later());
    await appendFile(trackPath(dir, 'speak'), Buffer.of(0, 100, 0, 92, 0));

    const { fd, position } = await openTrackFile(dir, 'speak');
    const second = writerOn(fd, position).writer;
    second.add(Buffer.alloc(30), false, 3);
    await second.finish(later());
    expect(await offsetsIn(dir)).toEqual([1, 2, 3]);
  });

  it('keeps what a full disk does not take, up to its limit, and says in the end what is lost and why', async () => {
    const { writer, told } = writerOn(openSync('/dev/full', 'w'), 0, 1000);
    expect([1, 2, 3, 4, 5].map((t) => writer.add(Buffer.alloc(192), false, t))).toEqual([true, true, true, true, true]);
    writer.flush();
    expect(writer.add(Buffer.alloc(192), false, 6)).toBe(false);
    const { lost, error } = await writer.finish(performance.now() + 120);
    expect(lost).toBe(5);
    expect(error).toMatchObject({ code: 'ENOSPC' });
    expect(told.failures.length).toBeGreaterThan(1);
    expect(told.recoveries).toBe(0);
  });

  it('says that it drops when the disk does not keep up, and that it has caught up', async () => {
    const dir = await newDir();
    const { writer, told } = writerOn((await openTrackFile(dir, 'speak')).fd, 0, 500);
    writer.begin(header);
    const kept = [1, 2, 3, 4].map((t) => writer.add(Buffer.alloc(192), false, t));
    expect(kept).toEqual([true, true, false, false]);
    expect(told.failures.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^the disk is \d+ bytes behind$/),
    ]);
    expect(await writer.finish(later())).toEqual({ lost: 0 });
    expect(told.recoveries).toBe(1);
    expect(await offsetsIn(dir)).toEqual([1, 2]);
  });

  it('opens no file where there is no spool', async () => {
    await expect(openTrackFile(join(root, 'missing'), 'speak')).rejects.toMatchObject({ code: 'spool_open_failed' });
  });
});
