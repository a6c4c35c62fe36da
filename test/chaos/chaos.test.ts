import { afterAll, expect, test } from 'vitest';
import type { Verdict } from './judge.ts';
import { type Place, planRounds } from './plan.ts';
import { reportHead, reportRound, reportRounds, reportSum } from './report.ts';
import { playRound } from './round.ts';
import { startWorld, type World } from './world.ts';

/** `npm run chaos -- --rounds N --seed S`; a short run otherwise, the same each time. */
const rounds = Number(process.env.CHAOS_ROUNDS ?? 3);
const seed = Number(process.env.CHAOS_SEED ?? 0);
const roundMs = 180_000;

/** Somebody looks on. */
const say = (line: string): void => {
  if (process.env.CHAOS_ROUNDS) process.stdout.write(`${line}\n`);
};

/** One for each place that recordings go to, started when a round needs it. */
const worlds = new Map<Place, World>();
const worldOf = async (place: Place): Promise<World> => {
  const world = worlds.get(place) ?? (await startWorld(place));
  worlds.set(place, world);
  return world;
};
afterAll(() => Promise.all([...worlds.values()].map((world) => world.close())));

test(
  `${rounds} rounds of seed ${seed}: whatever is killed, recordings and events are what is promised`,
  async () => {
    const verdicts: Verdict[] = [];
    say(reportHead());
    for (const [index, plan] of planRounds(rounds, seed).entries()) {
      const world = await worldOf(plan.place);
      const why = world.impossible(plan.victim);
      if (why !== undefined) {
        say(`${String(index + 1).padStart(10)} ${String(plan.seed).padStart(10)} ${plan.victim}: skipped, ${why}`);
        continue;
      }
      const verdict = await playRound(world, plan);
      verdicts.push(verdict);
      say(reportRound(verdict, index));
    }
    say(reportSum(verdicts));
    const report = reportRounds(verdicts);
    expect(
      verdicts.flatMap(({ broken }) => broken),
      report,
    ).toEqual([]);
    expect(
      verdicts.some(({ recordings }) => recordings > 0),
      report,
    ).toBe(true);
  },
  rounds * roundMs,
);
