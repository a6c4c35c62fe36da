import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createTurns, type Turn } from '../../../src/switch/swml/turns.ts';

/** A clock that stands still unless a script works. */
const createClock = () => {
  let now = 0;
  return {
    now: () => now,
    work: (ms: number) => {
      now += ms;
    },
  };
};

describe('turns of the event loop', () => {
  it('let a script that does little go on at once, turn after turn', async () => {
    const turn = createTurns().script();
    for (let step = 0; step < 10; step++) {
      expect(turn.next()).toBeUndefined();
      await nextTurn();
    }
  });

  it('make those wait that come when the time of a turn is over', async () => {
    const clock = createClock();
    const turns = createTurns({ budgetMs: 2, restMs: 1, now: clock.now });
    const [first, second] = [turns.script(), turns.script()];
    expect(first.next()).toBeUndefined();
    clock.work(1.9);
    expect(first.next()).toBeUndefined();
    clock.work(0.1);
    const waits = [first.next(), second.next()];
    expect(waits).toEqual([expect.any(Promise), expect.any(Promise)]);
    await Promise.all(waits);
    // The next turn has time of its own.
    await nextTurn();
    expect(second.next()).toBeUndefined();
  });

  it('run one script after each rest, and timers and others in between', async () => {
    const clock = createClock();
    const turns = createTurns({ budgetMs: 2, restMs: 1, now: clock.now });
    const order: string[] = [];
    const loop = async (name: string, turn: Turn) => {
      for (let step = 0; step < 3; step++) {
        const wait = turn.next();
        if (wait !== undefined) await wait;
        order.push(name);
        clock.work(2);
      }
    };
    const ticking = setInterval(() => order.push('tick'), 0);
    await Promise.all(['a', 'b', 'c'].map((name) => loop(name, turns.script())));
    clearInterval(ticking);
    expect(order.filter((entry) => entry !== 'tick').sort()).toEqual([...'aaabbbccc']);
    // After the very first step no two are neighbours.
    const neighbours = order.slice(1).filter((entry, at) => entry !== 'tick' && order[at] !== 'tick');
    expect(neighbours, order.join(' ')).toEqual([]);
  });

  it('are given first to who has waited least often', async () => {
    const clock = createClock();
    const turns = createTurns({ budgetMs: 2, restMs: 1, now: clock.now });
    const order: string[] = [];
    const loop = async (name: string, steps: number) => {
      const turn = turns.script();
      for (let step = 0; step < steps; step++) {
        const wait = turn.next();
        if (wait !== undefined) await wait;
        order.push(name);
        clock.work(2);
      }
    };
    const busy = Promise.all(['a', 'b', 'c'].map((name) => loop(name, 20)));
    while (order.length < 30) await sleep(1);
    const before = order.length;
    await loop('new', 2);
    expect(order.slice(before).indexOf('new')).toBeLessThanOrEqual(2);
    await busy;
  });
});
