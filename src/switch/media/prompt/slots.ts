/** Lets a number of tasks run at once; the others wait in line. */
export interface Slots {
  /** Runs the task when its turn comes; rejects with the signal's reason if it is aborted before. */
  run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T>;
}

export const createSlots = (count: number): Slots => {
  const line: Array<() => void> = [];
  let free = count;

  const enter = (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        line.splice(line.indexOf(onTurn), 1);
        reject(signal.reason);
      };
      const onTurn = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      line.push(onTurn);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  };

  const leave = (): void => {
    const next = line.shift();
    // The slot goes from hand to hand, so that nobody who comes later overtakes the line.
    if (next === undefined) free += 1;
    else next();
  };

  return {
    run: async (signal, task) => {
      await enter(signal);
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
};
