/** What waits for a thread, by who has used it least. */
export interface FairQueue<T> {
  /** Work of the same owner stays in order; that without an owner comes first. */
  add(work: T, owner?: object): void;
  take(): T | undefined;
  /** Notes that an owner has used so much. */
  charge(owner: object, amount: number): void;
}

export const createFairQueue = <T>(): FairQueue<T> => {
  const used = new WeakMap<object, number>();
  const waiting: { readonly work: T; readonly owner: object | undefined }[] = [];
  const usedBy = (owner: object | undefined): number => (owner ? (used.get(owner) ?? 0) : 0);
  return {
    add: (work, owner) => void waiting.push({ work, owner }),
    take() {
      let best = 0;
      for (let at = 1; at < waiting.length; at++) {
        if (usedBy(waiting[at]?.owner) < usedBy(waiting[best]?.owner)) best = at;
      }
      return waiting.splice(best, 1)[0]?.work;
    },
    charge: (owner, amount) => void used.set(owner, usedBy(owner) + amount),
  };
};
