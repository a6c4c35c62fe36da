/** What a recording has to have done for it at regular times. */
export interface Turned {
  flush(): void;
  tick(): void;
}

/** How many times within a flush interval the timer fires. */
const slotCount = 8;

/**
 * One timer for all recordings of a thread: each is flushed once in `flushMs`, an eighth of them at a time so that they
 * don't all write at once, and each is ticked four times as often.
 */
export interface FlushWheel {
  /** Puts a recording into the slot that has the fewest. */
  add(turned: Turned): void;
  remove(turned: Turned): void;
}

export const createFlushWheel = (flushMs: number): FlushWheel => {
  const slots = Array.from({ length: slotCount }, () => new Set<Turned>());
  let next = 0;
  let timer: NodeJS.Timeout | undefined;

  const turn = (): void => {
    for (let slot = next % 2; slot < slotCount; slot += 2) {
      for (const turned of slots[slot] ?? []) turned.tick();
    }
    for (const turned of slots[next] ?? []) turned.flush();
    next = (next + 1) % slotCount;
  };

  return {
    add(turned) {
      const emptiest = slots.reduce((least, slot) => (slot.size < least.size ? slot : least));
      emptiest.add(turned);
      timer ??= setInterval(turn, flushMs / slotCount);
    },
    remove(turned) {
      for (const slot of slots) slot.delete(turned);
      if (slots.some((slot) => slot.size > 0)) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
};
