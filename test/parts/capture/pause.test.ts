import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildTelephoneEvent } from '../../../src/rtp/telephone-event.ts';
import { eventually } from '../eventually.ts';
import { createRig, payloads, type Rig, source, spooled, type TestFork } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.close());

/** Sends a packet each 20 ms, in the background, until the answer is called. */
const sending = (fork: TestFork, port: number): (() => void) => {
  const began = performance.now();
  let tick = 0;
  const timer = setInterval(() => {
    while (began + tick * 20 <= performance.now()) {
      fork.send(port);
      tick++;
    }
  }, 5);
  return () => clearInterval(timer);
};

it('a pause is in force when it is answered, on both tracks, until it is over', async () => {
  const [speak, listen] = await Promise.all([rig.fork(1), rig.fork(2)]);
  const { spool, handle } = await rig.open();
  handle.expect('speak', source(speak), payloads);
  handle.expect('listen', source(listen), payloads);
  handle.start(0);
  const stops = [speak, listen].map((fork) => sending(fork, handle.port));
  await sleep(300);
  const asked = spool.now();
  const from = await handle.pause();
  expect(from - asked, 'ms until a pause is in force').toBeLessThan(100);
  await sleep(400);
  const to = await handle.resume();
  await sleep(400);
  for (const stop of stops) stop();
  const { tracks } = await handle.stop();
  for (const track of ['speak', 'listen'] as const) {
    const { offsets } = await spooled(spool.dir, track);
    expect(offsets.filter((t) => t > from + 1 && t < to)).toEqual([]);
    const before = offsets.filter((t) => t <= from + 1);
    const after = offsets.filter((t) => t >= to);
    // A busy machine makes the sender late, not the capture.
    expect([before.length, after.length].map((n) => n > 10)).toEqual([true, true]);
    expect((after[0] ?? 0) - to).toBeLessThan(100);
    const counts = tracks[track];
    expect(counts?.packets).toBe((counts?.paused ?? 0) + offsets.length);
    expect(counts?.paused).toBeGreaterThanOrEqual(10);
  }
});

it('what arrived while the thread was busy belongs to the time in which it arrived', async () => {
  const fork = await rig.fork();
  const { spool, handle } = await rig.open({ tracks: ['speak'] });
  handle.expect('speak', source(fork), payloads);
  fork.send(handle.port);
  await eventually('the first', () => handle.counts().speak?.packets === 1);
  // All of it is in the kernel when the thread looks again, and the orders come by another way than the packets.
  for (let i = 0; i < 50; i++) fork.send(handle.port);
  await handle.pause();
  await eventually('those from before', () => (handle.counts().speak?.packets ?? 0) === 51);
  for (let i = 0; i < 50; i++) fork.send(handle.port);
  await handle.resume();
  await eventually('those of the pause', () => (handle.counts().speak?.packets ?? 0) === 101);
  await handle.stop();
  const { sequences } = await spooled(spool.dir, 'speak');
  expect(sequences.filter((sequence) => sequence > 51)).toEqual([]);
  expect(sequences.slice(0, 51)).toEqual(Array.from({ length: sequences.length }, (_, i) => i).slice(0, 51));
});

it('keys are heard in a pause, and nothing of them is written', async () => {
  const fork = await rig.fork();
  const { spool, handle, events } = await rig.open({ tracks: ['speak'], digits: true });
  handle.expect('speak', source(fork), payloads);
  handle.start(0);
  await handle.pause();
  fork.send(handle.port, buildTelephoneEvent({ event: 11, end: true, volume: 10, duration: 800 }), 101);
  const digit = await eventually('the key', () => events.find((event) => event.event === 'digit'));
  expect(digit).toMatchObject({ digit: '#' });
  await handle.stop();
  expect((await spooled(spool.dir, 'speak')).sequences).toEqual([]);
});

it('a recording that has ended is not paused any more', async () => {
  const { handle } = await rig.open({ tracks: ['speak'] });
  const stopping = handle.stop();
  // Whichever is faster, it is answered.
  await Promise.allSettled([handle.pause()]);
  await stopping;
  await expect(handle.pause()).rejects.toMatchObject({ code: 'recording_ended' });
  await expect(handle.resume()).rejects.toMatchObject({ code: 'recording_ended' });
});
