import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `look` gives something other than undefined, null or false; fails with `what` after `withinMs`. */
export const eventually = async <T>(
  what: string,
  look: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  withinMs = 10_000,
): Promise<T> => {
  const deadline = Date.now() + withinMs;
  let lastError: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== null && seen !== false) return seen;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`, { cause: lastError });
    await sleep(20);
  }
};
