import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Verdict } from './judge.ts';
import { planRounds } from './plan.ts';
import { reportRounds } from './report.ts';
import { playRound } from './round.ts';
import { startWorld, type World } from './world.ts';

/** `npm run chaos -- --rounds N --seed S`; a short run otherwise, the same each time. */
const rounds = Number(process.env.CHAOS_ROUNDS ?? 6);
const seed = Number(process.env.CHAOS_SEED ?? 1);
const roundMs = 180_000;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());

test(
  `${rounds} rounds of seed ${seed}: whatever is killed, recordings and events are what is promised`,
  async () => {
    const verdicts: Verdict[] = [];
    for (const plan of planRounds(rounds, seed)) {
      verdicts.push(await playRound(world, plan));
      if (process.env.CHAOS_ROUNDS) process.stdout.write(`${reportRounds(verdicts.slice(-1)).split('\n')[1]}\n`);
    }
    const report = reportRounds(verdicts);
    if (process.env.CHAOS_ROUNDS) process.stdout.write(`\n${report}\n`);
    expect(verdicts.flatMap(({ broken }) => broken), report).toEqual([]);
    expect(verdicts.some(({ recordings }) => recordings > 0), report).toBe(true);
  },
  rounds * roundMs,
);
