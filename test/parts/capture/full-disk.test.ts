import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readlink, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { createSpool } from '../../../dist/recorder/spool/spool.js';
import { recordCallDefaults } from '../../../src/recorder/recording/parameters.ts';
import { type RunningParts, runRecording } from '../../../src/recorder/running-recording.ts';
import { createNodeLife } from '../../../src/recorder/spool/node-life.ts';
import { readSpool } from '../../../src/recorder/spool/read-spool.ts';
import { recordOf } from '../../unit/spool/record.ts';
import { eventually } from '../eventually.ts';
import { createRig, payloads, type Rig, source, spooled, upTo } from './rig.ts';

const run = promisify(execFile);

/** A disk of 128 KB, or why there is none. */
const mountSmallDisk = async (): Promise<{ path: string } | { refused: string }> => {
  const path = await mkdtemp(join(tmpdir(), 'sipreel-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', path]);
    return { path };
  } catch (error) {
    await rm(path, { recursive: true });
    return { refused: error instanceof Error ? error.message.trim() : String(error) };
  }
};

const disk = await mountSmallDisk();
const path = 'path' in disk ? disk.path : '';
const reason = 'refused' in disk ? ` (skipped: a tmpfs cannot be mounted here: ${disk.refused})` : '';

const filler = join(path, 'filler');
const fill = async (): Promise<void> => {
  const { bfree, bsize } = await statfs(path);
  await writeFile(filler, Buffer.alloc(bfree * bsize));
};
const free = (): Promise<void> => rm(filler);

describe.skipIf(!path)(`a full disk${reason}`, () => {
  let rig: Rig | undefined;
  afterAll(async () => {
    await rig?.capture.close();
    await run('umount', ['--lazy', path]);
    await rm(path, { recursive: true, force: true });
  });

  it('costs no packet when there is room again: failed and recovered are told once each', async () => {
    rig = await createRig({ spoolRoot: path, threads: 1, flushMs: 100, lastWriteMs: 300 });
    const fork = await rig.fork();
    const { spool, handle, events } = await rig.open({ tracks: ['speak', 'listen'] });
    handle.expect('speak', source(fork), payloads);
    for (let i = 0; i < 50; i++) fork.send(handle.port);
    await eventually('some are on disk', async () => (await spooled(spool.dir, 'speak')).sequences.length === 50);

    await fill();
    for (let i = 0; i < 200; i++) fork.send(handle.port);
    await eventually('the failure is told', () => events.length > 0);
    await eventually('all have arrived', () => handle.counts().speak?.packets === 250);
    const onDisk = (await spooled(spool.dir, 'speak')).sequences.length;
    expect(onDisk).toBeLessThan(250);
    expect(events).toEqual([
      {
        event: 'write_failed',
        error: { code: 'spool_write_failed', message: expect.stringMatching(/ENOSPC/), remedy: expect.any(String) },
      },
    ]);

    await free();
    await eventually('the recovery is told', () => events.length > 1);
    fork.send(handle.port);
    await eventually('capture goes on', () => handle.counts().speak?.packets === 251);
    expect(await handle.stop()).not.toHaveProperty('error');
    expect(events.slice(1)).toEqual([{ event: 'write_recovered', dropped: 0 }]);
    expect((await spooled(spool.dir, 'speak')).sequences).toEqual(upTo(251));
    await rm(spool.dir, { recursive: true });
  });

  it('at the end of a recording is waited for a while, then the loss is counted', async () => {
    if (!rig) throw new Error('the capture of the test before is missing');
    const fork = await rig.fork();
    const { spool, handle } = await rig.open({ tracks: ['speak'] });
    handle.expect('speak', source(fork), payloads);
    await fill();
    for (let i = 0; i < 100; i++) fork.send(handle.port);
    await eventually('all have arrived', () => handle.counts().speak?.packets === 100);
    const stoppedAt = performance.now();
    const { tracks, error } = await handle.stop();
    expect(performance.now() - stoppedAt).toBeLessThan(1500);
    expect(error).toMatchObject({ code: 'spool_write_failed' });
    const kept = (await spooled(spool.dir, 'speak')).sequences;
    expect(kept).toEqual(upTo(kept.length));
    expect(tracks.speak).toMatchObject({ packets: 100, dropped: 100 - kept.length });
    expect(kept.length).toBeLessThan(100);
    await free();
    await rm(spool.dir, { recursive: true });
  });

  it('drops what memory does not hold, newest first, and says how much that was', async () => {
    const small = await createRig({ spoolRoot: path, threads: 1, flushMs: 100, memoryLimitBytes: 180 * 120 });
    const fork = await small.fork();
    const { spool, handle, events } = await small.open({ tracks: ['speak'] });
    handle.expect('speak', source(fork), payloads);
    await fill();
    for (let i = 0; i < 200; i++) fork.send(handle.port);
    await eventually('all have arrived', () => handle.counts().speak?.packets === 200);
    // So the recorder ends the recording; whoever captures on has what memory holds.
    expect(events.map(({ event }) => event)).toEqual(['write_failed', 'overflowed']);
    await free();
    await eventually('the recovery is told', () => events.length > 2);
    const dropped = handle.counts().speak?.dropped ?? 0;
    expect(dropped).toBeGreaterThan(0);
    expect(events[2]).toEqual({ event: 'write_recovered', dropped });
    expect(await handle.stop()).not.toHaveProperty('error');
    expect((await spooled(spool.dir, 'speak')).sequences).toEqual(upTo(200 - dropped));
    await small.capture.close();
    await rm(spool.dir, { recursive: true });
  });

  it('leaves nothing of a recording that it could not begin, and no open file of a node that gives signs of life', async () => {
    await fill();
    const record = recordOf();
    await expect(createSpool(path, record)).rejects.toMatchObject({ code: 'spool_write_failed' });
    expect(await readdir(path)).toEqual(['filler']);
    const folder = join(path, 'nodes');
    const life = createNodeLife({ folder, nodeId: 'here', log: pino({ level: 'silent' }), intervalMs: 5 });
    await life.start();
    await setTimeout(100);
    await life.close();
    const open = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    );
    expect(open.filter((file) => file.startsWith(folder))).toEqual([]);
    await free();
    await rm(folder, { recursive: true });
  });

  it('costs a recording nothing that ends in the meantime, and whoever ends it does not wait', async () => {
    const patient = await createRig({ spoolRoot: path, threads: 1, flushMs: 100 });
    const fork = await patient.fork();
    const { spool, handle } = await patient.open({ tracks: ['speak'] });
    handle.expect('speak', source(fork), payloads);
    const told: string[] = [];
    const tell = (what: string) => async (): Promise<void> => void told.push(what);
    const record = recordOf(spool.recordingId);
    const parameters = { ...recordCallDefaults, control_id: 'x' };
    const recording = runRecording({
      ...{ record, spool, handle, parameters, forks: [], log: pino({ level: 'silent' }), options: { pieceMs: 0 } },
      parts: { registry: { finishing: tell('registry') }, queue: { add: tell('queue') } },
      life: { recordingId: spool.recordingId, onKey: () => undefined, onCaptured: tell('free'), onOver: tell('over') },
    } as unknown as RunningParts);
    await fill();
    for (let i = 0; i < 200; i++) fork.send(handle.port);
    await eventually('all have arrived', () => handle.counts().speak?.packets === 200);
    await recording.stop('hangup');
    expect(await recording.captured).toBe('hangup');
    expect(told).toEqual(['free']);
    expect((await spooled(spool.dir, 'speak')).sequences.length).toBeLessThan(200);
    await free();
    await eventually('it is over', () => told.includes('over'));
    expect(told).toEqual(['free', 'registry', 'queue', 'over']);
    expect((await spooled(spool.dir, 'speak')).sequences).toEqual(upTo(200));
    expect(await readSpool(spool.dir)).toMatchObject({ reason: 'hangup', damagedLines: 0 });
    await patient.capture.close();
    await rm(spool.dir, { recursive: true });
  });

  it('makes the journal wait, and no line is lost when there is room again', async () => {
    const spool = await createSpool(path, recordOf());
    await fill();
    const times = upTo(200);
    for (const t of times) await spool.journal.append({ event: 'started', t });
    await expect(spool.journal.sync()).rejects.toMatchObject({ code: 'spool_write_failed' });
    await free();
    await spool.journal.append({ event: 'stopped', t: 1000, reason: 'stop' });
    await spool.journal.close();
    const { entries, damagedLines } = await readSpool(spool.dir);
    expect(damagedLines).toBe(0);
    expect(entries.slice(1).map(({ t }) => t)).toEqual([...times, 1000]);
  });

  it('that stays full makes the journal say at its end that lines are lost', async () => {
    const spool = await createSpool(path, recordOf());
    await fill();
    for (const t of upTo(200)) await spool.journal.append({ event: 'started', t });
    await expect(spool.journal.close()).rejects.toMatchObject({ code: 'spool_write_failed' });
    await expect(spool.journal.close()).rejects.toMatchObject({ code: 'spool_write_failed' });
    const { entries, damagedLines } = await readSpool(spool.dir);
    expect(damagedLines).toBe(0);
    expect(entries.length).toBeLessThan(200);
    await free();
  });
});
