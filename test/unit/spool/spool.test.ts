import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { journalPath, trackPath } from '../../../src/recorder/spool/layout.ts';
import { readSpool } from '../../../src/recorder/spool/read-spool.ts';
import { readTrack, readTrackBatches } from '../../../src/recorder/spool/read-track.ts';
import { rtpdumpHeader, writeRecordHeader } from '../../../src/recorder/spool/rtpdump.ts';
import {
  createSpool,
  listSpools,
  openSpool,
  removeSpool,
  sweepRemovedSpools,
} from '../../../src/recorder/spool/spool.ts';
import { recordOf } from './record.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sipreel-spool-'));
});
afterAll(() => rm(root, { recursive: true }));

const header = rtpdumpHeader({ startedAt: Date.now(), address: '127.0.0.1', port: 4000 });

const record = (offsetMs: number, size = 12): Buffer => {
  const bytes = Buffer.alloc(8 + size, 0x80);
  writeRecordHeader(bytes, 0, size, false, offsetMs);
  return bytes;
};

const offsetsOf = async (dir: string, chunkBytes?: number): Promise<number[]> => {
  const offsets: number[] = [];
  for await (const { packets } of readTrackBatches(dir, 'speak', chunkBytes)) {
    offsets.push(...packets.map(({ offsetMs }) => offsetMs));
  }
  return offsets;
};

describe('a spool', () => {
  it('has its record on the disk before anything else', async () => {
    const own = recordOf();
    const spool = await createSpool(root, own);
    expect(await readdir(spool.dir)).toEqual(['journal.jsonl']);
    expect(await readSpool(spool.dir)).toMatchObject({ record: own, reason: undefined, damagedLines: 0 });
    await spool.journal.close();
  });

  it('has a clock that begins at 0 and is the same in every thread', async () => {
    const before = process.hrtime.bigint();
    const spool = await createSpool(root, recordOf());
    const after = process.hrtime.bigint();
    expect(spool.epoch >= before && spool.epoch <= after).toBe(true);
    const now = spool.now();
    expect(now).toBeGreaterThanOrEqual(0);
    expect(now).toBeLessThanOrEqual(Number(process.hrtime.bigint() - spool.epoch) / 1e6);
    await spool.journal.close();
  });

  it('is made once for each recording', async () => {
    const own = recordOf();
    const spool = await createSpool(root, own);
    await expect(createSpool(root, own)).rejects.toMatchObject({ code: 'spool_open_failed' });
    await spool.journal.close();
  });

  it('is not made for an id that is not ours, nor where nothing can be written', async () => {
    await expect(createSpool(root, recordOf('../x'))).rejects.toMatchObject({ code: 'recording_id_invalid' });
    await expect(createSpool('/dev/null/spool', recordOf())).rejects.toMatchObject({ code: 'spool_open_failed' });
  });

  it('tells where the sound counts and why it ended', async () => {
    const spool = await createSpool(root, recordOf());
    await spool.journal.append({ event: 'sdp', t: 3.5, track: 'speak', payloads: {} });
    await spool.journal.append({ event: 'started', t: 12.25 });
    await spool.journal.append({ event: 'stopped', t: 5012.5, reason: 'terminator' });
    await spool.journal.append({ event: 'captured', t: 5030, tracks: {} });
    await spool.journal.close();
    expect(await readSpool(spool.dir)).toMatchObject({ startMs: 12.25, stopMs: 5012.5, reason: 'terminator' });
  });

  it('without an end lasts to the last packet, or to the last line if that is later', async () => {
    const spool = await createSpool(root, recordOf());
    await spool.journal.append({ event: 'started', t: 10 });
    expect(await readSpool(spool.dir)).toMatchObject({ startMs: 10, stopMs: 10, reason: undefined });
    await writeFile(trackPath(spool.dir, 'speak'), Buffer.concat([header, record(20), record(40)]));
    await writeFile(trackPath(spool.dir, 'listen'), Buffer.concat([header, record(30), record(90).subarray(0, 9)]));
    expect(await readSpool(spool.dir)).toMatchObject({ startMs: 10, stopMs: 40, reason: undefined });
    await spool.journal.append({ event: 'sdp', t: 77, track: 'speak', payloads: {} });
    expect(await readSpool(spool.dir)).toMatchObject({ startMs: 10, stopMs: 77 });
    await spool.journal.close();
  });

  it('that never got to its start has no sound that counts', async () => {
    const spool = await createSpool(root, recordOf());
    await writeFile(trackPath(spool.dir, 'speak'), Buffer.concat([header, record(20)]));
    await spool.journal.close();
    expect(await readSpool(spool.dir)).toMatchObject({ startMs: 20, stopMs: 20 });
  });

  it('can be ended by another process', async () => {
    const spool = await createSpool(root, recordOf());
    await appendFile(journalPath(spool.dir), '{"event":"star');
    const found = await openSpool(spool.dir);
    await found.journal.append({ event: 'stopped', t: 40, reason: 'error' });
    await found.journal.close();
    await spool.journal.close();
    expect(await readSpool(spool.dir)).toMatchObject({ stopMs: 40, reason: 'error', damagedLines: 0 });
  });

  it('without its first line is unreadable', async () => {
    const dir = join(root, randomUUID());
    await mkdir(dir);
    await expect(readSpool(dir)).rejects.toMatchObject({ code: 'spool_unreadable' });
    await writeFile(journalPath(dir), '{"event":"opened","t":0,"at":');
    await expect(readSpool(dir)).rejects.toMatchObject({ code: 'spool_unreadable' });
  });
});

describe('all spools of a root', () => {
  it('are listed, and nothing else is', async () => {
    const own = join(root, 'listed');
    expect(await listSpools(own)).toEqual([]);
    const spool = await createSpool(own, recordOf());
    await spool.journal.close();
    await mkdir(join(own, 'lost+found'));
    await writeFile(join(own, randomUUID()), 'a file');
    expect(await listSpools(own)).toEqual([{ recordingId: spool.recordingId, dir: spool.dir }]);
  });

  it('lose a removed one at once and for good', async () => {
    const own = join(root, 'removed');
    const spool = await createSpool(own, recordOf());
    await spool.journal.close();
    await removeSpool(spool.dir);
    await removeSpool(spool.dir);
    expect(await readdir(own)).toEqual([]);
    await expect(removeSpool(own)).rejects.toMatchObject({ code: 'recording_id_invalid' });
  });

  it('are rid of what a crash left of a removed one', async () => {
    const own = join(root, 'swept');
    await sweepRemovedSpools(own);
    const spool = await createSpool(own, recordOf());
    await spool.journal.close();
    await mkdir(join(own, `${randomUUID()}.removed`));
    await mkdir(join(own, 'theirs.removed'));
    await sweepRemovedSpools(own);
    expect((await readdir(own)).sort()).toEqual([spool.recordingId, 'theirs.removed'].sort());
  });
});

describe('a track', () => {
  const dirWith = async (bytes: Buffer): Promise<string> => {
    const dir = join(root, randomUUID());
    await mkdir(dir);
    await writeFile(trackPath(dir, 'speak'), bytes);
    return dir;
  };
  const offsets = Array.from({ length: 100 }, (_, i) => i * 20);
  const whole = Buffer.concat([header, ...offsets.map((offset) => record(offset, 12 + (offset % 160)))]);

  it.each([1, 7, 64, 1000, 65536])('is read in chunks of %i bytes as in one', async (chunkBytes) => {
    expect(await offsetsOf(await dirWith(whole), chunkBytes)).toEqual(offsets);
  });

  it('keeps the datagrams of a batch valid after the next one', async () => {
    const dir = await dirWith(whole);
    const kept = [];
    for await (const { packets } of readTrackBatches(dir, 'speak', 300)) kept.push(...packets);
    expect(kept.every(({ datagram }) => datagram.every((byte) => byte === 0x80))).toBe(true);
  });

  it('says where the next record begins', async () => {
    const dir = await dirWith(Buffer.concat([whole, record(9999).subarray(0, 10)]));
    let end = 0;
    for await (const { nextByte } of readTrackBatches(dir, 'speak', 333)) end = nextByte;
    expect(end).toBe(whole.length);
  });

  it('that is torn or ends in zeroes has all that came before', async () => {
    const torn = await dirWith(Buffer.concat([whole, record(9999).subarray(0, 10)]));
    expect(await offsetsOf(torn)).toEqual(offsets);
    const zeroes = await dirWith(Buffer.concat([whole, Buffer.alloc(4096)]));
    expect(await offsetsOf(zeroes, 512)).toEqual(offsets);
  });

  it('that is missing, empty or cut in its header has no packets', async () => {
    const dir = join(root, randomUUID());
    await mkdir(dir);
    expect(await offsetsOf(dir)).toEqual([]);
    expect(await offsetsOf(await dirWith(Buffer.alloc(0)))).toEqual([]);
    expect(await offsetsOf(await dirWith(header.subarray(0, 40)))).toEqual([]);
  });

  it('that is something else is an error with the file in it', async () => {
    const dir = await dirWith(Buffer.from('RIFF....WAVE'));
    const reading = readTrack(dir, 'speak').next();
    await expect(reading).rejects.toMatchObject({
      code: 'spool_unreadable',
      details: { path: trackPath(dir, 'speak') },
    });
  });

  describe('with a damage in it', () => {
    /** 2,000 packets of G.711, 172 bytes each. */
    const call = Array.from({ length: 2000 }, (_, i) => i * 20);
    const sound = Buffer.concat([header, ...call.map((offset) => record(offset, 172))]);
    const garbage = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * i * 31 + 7 * i) & 0xff));

    it.each([
      ['a page of zeroes', Buffer.alloc(4096)],
      ['a page of something else', garbage],
      ['a page of 0x80', Buffer.alloc(4096, 0x80)],
      ['a page of 0xff', Buffer.alloc(4096, 0xff)],
    ])('of %s has all that it has not hit, however it is read', async (_name, page) => {
      for (const [at, chunkBytes] of [
        [4096, 65_536],
        [8192, 1000],
        [300_000, 4096],
        [4096, 700],
      ] as const) {
        const broken = Buffer.from(sound);
        page.copy(broken, at);
        const dir = await dirWith(broken);
        const read = await offsetsOf(dir, chunkBytes);
        const lost = call.filter((offset) => !read.includes(offset));
        // Records of 180 bytes: 23 fit into a page, two are hit at its edges.
        expect(lost.length).toBeLessThanOrEqual(25);
        expect(read).toEqual(call.filter((offset) => !lost.includes(offset)));
        let skipped = 0;
        for await (const batch of readTrackBatches(dir, 'speak', chunkBytes)) skipped += batch.skippedBytes;
        expect(skipped).toBeGreaterThanOrEqual(4096 - 180);
        expect(skipped).toBeLessThanOrEqual(4096 + 360);
      }
    });

    it('at its very begin has the rest', async () => {
      const broken = Buffer.from(sound);
      broken.fill(0, 0, 4096);
      expect(await offsetsOf(await dirWith(broken))).toEqual(call.slice(23));
    });

    it('to its end has what came before, and can be gone on with there', async () => {
      const broken = Buffer.concat([sound, garbage.subarray(0, 3000)]);
      const dir = await dirWith(broken);
      expect(await offsetsOf(dir, 1000)).toEqual(call);
      let end = 0;
      for await (const { nextByte } of readTrackBatches(dir, 'speak', 1000)) end = nextByte;
      expect(end).toBe(sound.length);
    });
  });

  it('closes its file when the reader stops early', async () => {
    const dir = await dirWith(whole);
    const before = (await readdir('/proc/self/fd')).length;
    for (let i = 0; i < 20; i++) for await (const _ of readTrackBatches(dir, 'speak', 64)) break;
    expect((await readdir('/proc/self/fd')).length).toBeLessThanOrEqual(before + 2);
  });
});

describe('a journal that does not say where the recording started', () => {
  const spoolWith = async (lines: readonly string[], lastMs: number): Promise<string> => {
    const spool = await createSpool(root, recordOf());
    await spool.journal.close();
    await appendFile(journalPath(spool.dir), lines.map((line) => `${line}\n`).join(''));
    const packets = Array.from({ length: lastMs / 20 }, (_, i) => record(100 + i * 20, 172));
    await writeFile(trackPath(spool.dir, 'speak'), Buffer.concat([header, ...packets]));
    return spool.dir;
  };

  it('is that of one that never did, if its packets are those of a start', async () => {
    const { startMs, stopMs } = await readSpool(await spoolWith([], 2000));
    expect(startMs).toBe(stopMs);
  });

  it('has lost a line, if packets came for longer: all of them count', async () => {
    expect(await readSpool(await spoolWith([], 60_000))).toMatchObject({ startMs: 100, stopMs: 60_080 });
  });

  it('has a damaged one: all packets count', async () => {
    const dir = await spoolWith(['{"event":"star\u0000\u0000\u0000'], 2000);
    expect(await readSpool(dir)).toMatchObject({ startMs: 100, stopMs: 2080, damagedLines: 1 });
  });
});
