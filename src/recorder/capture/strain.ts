import { type LoopDelay, watchLoop } from './loop-delay.ts';

/**
 * How hard it is for a thread to keep up, in memory that the thread writes and the main thread reads, as Counters are: a
 * slow disk or a busy machine shows here before it costs sound. Times are milliseconds.
 */
export interface Strain {
  /** Writes to the disk of the spools that have ended, since the thread began. */
  readonly writes: {
    readonly count: number;
    readonly totalMs: number;
    /** How many took no longer than each of writeBoundsMs. */
    readonly within: readonly number[];
    /** How long the oldest write that has not ended has taken so far; 0 if there is none. */
    readonly underWayMs: number;
  };
  readonly loop: LoopDelay;
}

/** Bounds of Strain.writes.within, ms. A write that takes longer than capture.flush delays the next one. */
export const writeBoundsMs = [5, 20, 50, 100, 250, 500, 1_000, 5_000] as const;

export type StrainMemory = Float64Array;

const at = { count: 0, total: 1, oldest: 2, p99: 3, max: 4, within: 5 } as const;

export const createStrainMemory = (): StrainMemory =>
  new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT * (at.within + writeBoundsMs.length)));

/** What the memory says at `nowMs`, on the clock that its writer has. */
export const readStrain = (memory: StrainMemory, nowMs: number): Strain => {
  const value = (place: number): number => memory[place] ?? 0;
  const oldest = value(at.oldest);
  return {
    writes: {
      count: value(at.count),
      totalMs: value(at.total),
      within: writeBoundsMs.map((_, index) => value(at.within + index)),
      underWayMs: oldest === 0 ? 0 : Math.max(0, nowMs - oldest),
    },
    loop: { p99Ms: value(at.p99), maxMs: value(at.max) },
  };
};

/** Times writes; for the thread that does them, which is the only one to write. */
export interface WriteMeter {
  /** A write begins; what comes back tells of its end. */
  begun(): () => void;
}

export const createWriteMeter = (memory: StrainMemory, clock: () => number): WriteMeter => {
  /** In the order of their begin, so the first is the oldest. */
  const underWay = new Set<{ readonly begunAt: number }>();
  const add = (place: number, amount: number): void => {
    memory[place] = (memory[place] ?? 0) + amount;
  };
  const tellOldest = (): void => {
    const [oldest] = underWay;
    memory[at.oldest] = oldest?.begunAt ?? 0;
  };
  return {
    begun() {
      const write = { begunAt: clock() };
      underWay.add(write);
      tellOldest();
      return () => {
        const tookMs = clock() - write.begunAt;
        underWay.delete(write);
        tellOldest();
        add(at.count, 1);
        add(at.total, tookMs);
        writeBoundsMs.forEach((bound, index) => {
          if (tookMs <= bound) add(at.within + index, 1);
        });
      };
    },
  };
};

/** Keeps what the thread's event loop is like in its memory, for as long as the thread lives. */
export const keepLoopIn = (memory: StrainMemory): void => {
  watchLoop(({ p99Ms, maxMs }) => {
    memory[at.p99] = p99Ms;
    memory[at.max] = maxMs;
  });
};
