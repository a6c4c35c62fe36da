/** Runs what it is given one after the other, whatever became of the one before. */
export const createTurns = (): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    // Whoever asked hears of the failure; the next one only waits for its end.
    last = turn.catch(() => undefined);
    return turn;
  };
};
