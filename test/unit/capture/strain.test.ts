import { expect, test } from 'vitest';
import { watchLoop } from '../../../src/recorder/capture/loop-delay.ts';
import {
  createStrainMemory,
  createWriteMeter,
  readStrain,
  writeBoundsMs,
} from '../../../src/recorder/capture/strain.ts';

test('writes are counted by how long they took, and one that hangs shows before it ends', () => {
  const memory = createStrainMemory();
  let now = 1_000;
  const meter = createWriteMeter(memory, () => now);
  const take = (ms: number): void => {
    const over = meter.begun();
    now += ms;
    over();
  };
  for (const ms of [5, 6, 6_000]) take(ms);
  const { writes } = readStrain(memory, now);
  expect(writes).toMatchObject({ count: 3, totalMs: 6_011, underWayMs: 0 });
  expect(Object.fromEntries(writeBoundsMs.map((bound, i) => [bound, writes.within[i]]))).toMatchObject({
    5: 1,
    20: 2,
    5000: 2,
  });

  const first = meter.begun();
  now += 100;
  const second = meter.begun();
  now += 50;
  expect(readStrain(memory, now).writes.underWayMs).toBe(150);
  first();
  expect(readStrain(memory, now).writes.underWayMs).toBe(50);
  second();
  expect(readStrain(memory, now).writes).toMatchObject({ count: 5, underWayMs: 0 });
});

test('an event loop that was busy says for how long', async () => {
  const watch = watchLoop();
  const turn = () => new Promise((resolve) => setTimeout(resolve, 25));
  await turn();
  const until = performance.now() + 200;
  while (performance.now() < until);
  await turn();
  expect(watch.delay().maxMs).toBeGreaterThan(100);
  watch.close();
});
