/** Says something of a kind once in an interval, so that a flood of it does not flood the log. */
export interface Occasions {
  /** How often it was not said since it was said last, if it is to be said now; undefined if it is not. */
  arise(key: string, nowMs: number): number | undefined;
}

/** @param kept how many keys are remembered; those that were said longest ago are said again too early */
export const createOccasions = ({ intervalMs, kept = 1000 }: { intervalMs: number; kept?: number }): Occasions => {
  /** The one that was said longest ago is the first. */
  const said = new Map<string, { atMs: number; unsaid: number }>();
  return {
    arise(key, nowMs) {
      const last = said.get(key);
      if (last && nowMs - last.atMs < intervalMs) {
        last.unsaid++;
        return undefined;
      }
      said.delete(key);
      said.set(key, { atMs: nowMs, unsaid: 0 });
      const oldest = said.size > kept ? said.keys().next().value : undefined;
      if (oldest !== undefined) said.delete(oldest);
      return last?.unsaid ?? 0;
    },
  };
};
