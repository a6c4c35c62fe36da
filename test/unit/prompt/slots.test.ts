import { describe, expect, it } from 'vitest';
import { createSlots } from '../../../src/switch/media/prompt/slots.ts';

const never = new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('slots', () => {
  it('run so many at once, the others in their order, also after one has failed', async () => {
    const slots = createSlots(2);
    const started: number[] = [];
    const finish: Array<() => void> = [];
    const tasks = [0, 1, 2, 3].map((n) =>
      slots.run(never, async () => {
        started.push(n);
        await new Promise<void>((resolve) => {
          finish[n] = resolve;
        });
        if (n === 0) throw new Error('failed');
        return n;
      }),
    );
    const results = Promise.allSettled(tasks);
    await turn();
    expect(started).toEqual([0, 1]);
    finish[0]?.();
    await turn();
    expect(started).toEqual([0, 1, 2]);
    finish[1]?.();
    finish[2]?.();
    await turn();
    finish[3]?.();
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  });

  it('lose no slot to one that gives up in the line', async () => {
    const slots = createSlots(1);
    const impatient = new AbortController();
    let finish = (): void => undefined;
    const first = slots.run(
      never,
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    );
    const second = slots.run(impatient.signal, async () => 'second');
    const third = slots.run(never, async () => 'third');
    impatient.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    finish();
    await first;
    expect(await third).toBe('third');
    expect(await slots.run(never, async () => 'later')).toBe('later');
  });
});
