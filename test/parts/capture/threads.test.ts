import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { startWorker } from '../../../dist/recorder/capture/capture-thread.js';
import { eventually } from '../eventually.ts';
import { createRig, payloads, type Rig, source, spooled, upTo } from './rig.ts';

const rigs: Rig[] = [];
const newRig = async (options: Parameters<typeof createRig>[0]): Promise<Rig> => {
  const rig = await createRig(options);
  rigs.push(rig);
  return rig;
};
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

const openFiles = async (): Promise<number> => (await readdir('/proc/self/fd')).length;

describe('the threads of capture', () => {
  it('share the recordings evenly', async () => {
    const { capture, open } = await newRig({ threads: 2 });
    const recordings = [];
    for (let i = 0; i < 6; i++) recordings.push(await open());
    expect(capture.stats().threads.map(({ recordings }) => recordings)).toEqual([3, 3]);
    await recordings[0]?.handle.stop();
    await recordings[2]?.handle.stop();
    await open();
    await open();
    expect(capture.stats().threads.map(({ recordings }) => recordings)).toEqual([3, 3]);
  });

  it('add up what all recordings counted, ended ones too', async () => {
    const rig = await newRig({ threads: 2 });
    for (let i = 1; i <= 3; i++) {
      const [fork, recording] = await Promise.all([rig.fork(), rig.open({ tracks: ['speak'] })]);
      recording.handle.expect('speak', source(fork), payloads);
      for (let n = 0; n < i; n++) fork.send(recording.handle.port);
      await eventually('all are counted', () => recording.handle.counts().speak?.packets === i);
      if (i < 3) await recording.handle.stop();
    }
    expect(rig.capture.stats()).toMatchObject({ recordings: 1, packets: 6, bytes: 6 * 172, dropped: 0, strangers: 0 });
    expect(rig.capture.stats().threads.every(({ activeMs }) => activeMs > 0)).toBe(true);
  });

  it('take only their own recordings along when they die, which keep what is on disk and can be opened again', async () => {
    const workers: Worker[] = [];
    const rig = await newRig({
      threads: 2,
      startWorker(settings) {
        const worker = startWorker(settings);
        workers.push(worker);
        return worker;
      },
    });
    const fork = await rig.fork();
    const [first, second] = [await rig.open({ tracks: ['speak'] }), await rig.open({ tracks: ['speak'] })];
    first.handle.expect('speak', source(fork), payloads);
    for (let i = 0; i < 3; i++) fork.send(first.handle.port);
    await eventually(
      'the packets are on disk',
      async () => (await spooled(first.spool.dir, 'speak')).offsets.length === 3,
    );

    await workers[0]?.terminate();
    await eventually('the first recording died', () => first.events.some(({ event }) => event === 'died'));
    expect(first.events).toMatchObject([{ event: 'died', error: { code: 'capture_died' } }]);
    expect(await first.handle.stop()).toMatchObject({
      tracks: { speak: { packets: 3 } },
      error: { code: 'capture_died' },
    });
    expect(rig.capture.stats().threads.map(({ alive }) => alive)).toEqual([false, true]);

    const { recordingId, epoch } = first.spool;
    const again = await rig.capture.open({ recordingId, epoch, tracks: ['speak'] });
    expect(workers).toHaveLength(3);
    expect(rig.capture.stats().threads.map(({ alive }) => alive)).toEqual([true, true]);
    again.expect('speak', source(fork), payloads);
    fork.send(again.port);
    await eventually('the packet is counted', () => again.counts().speak?.packets === 1);
    expect(await again.stop()).not.toHaveProperty('error');
    expect((await spooled(first.spool.dir, 'speak')).sequences).toEqual(upTo(4));

    expect(second.events).toEqual([]);
    expect(await second.handle.stop()).not.toHaveProperty('error');
  });

  it('do not start on code that is not there, and say so', async () => {
    const { Worker } = await import('node:worker_threads');
    const failing = createRig({ startWorker: () => new Worker(new URL('file:///missing/thread.js')) });
    await expect(failing).rejects.toMatchObject({ code: 'capture_died' });
  });

  it('are ended by close(), which stops all recordings and leaves no file and no socket open', async () => {
    const before = await openFiles();
    const rig = await newRig({ threads: 2 });
    const recordings = await Promise.all(upTo(20).map(() => rig.open()));
    const fork = await rig.fork();
    recordings[7]?.handle.expect('listen', source(fork), payloads);
    fork.send(recordings[7]?.handle.port ?? 0);
    await eventually('the packet is counted', () => recordings[7]?.handle.counts().listen?.packets === 1);
    const opening = rig.open();
    await eventually('it is being opened', () => rig.capture.stats().recordings > 20);
    await Promise.all([rig.capture.close(), rig.capture.close()]);
    expect((await spooled(recordings[7]?.spool.dir ?? '', 'listen')).sequences).toEqual([0]);
    await expect((await opening).handle.stop()).resolves.not.toHaveProperty('error');
    await expect(rig.open()).rejects.toMatchObject({ code: 'capture_closed' });
    expect(rig.capture.stats()).toMatchObject({ recordings: 0, threads: [{ alive: false }, { alive: false }] });
    await rig.close();
    await eventually('all files are closed', async () => (await openFiles()) <= before + 1);
  });

  it('leave no recording waiting that was about to be opened when they died', async () => {
    const workers: Worker[] = [];
    const rig = await newRig({
      threads: 1,
      startWorker(settings) {
        const worker = startWorker(settings);
        workers.push(worker);
        return worker;
      },
    });
    const worker = workers[0];
    if (!worker) throw new Error('no worker was started');
    const exited = once(worker, 'exit');
    const opening = Promise.allSettled(upTo(5).map(() => rig.open()));
    await worker.terminate();
    await exited;
    // Each was either opened on the old thread's last moments, refused with a reason, or opened on a new thread.
    for (const result of await opening) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'capture_died' });
      else await result.value.handle.stop();
    }
    expect(rig.capture.stats().recordings).toBe(0);
  });
});
