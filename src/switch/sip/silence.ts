/**
 * INVITEs that get no answer. drachtio-srf keeps each until it has a final response; the drachtio-server forgets it after
 * 64 s, so that a response that is sent later reaches nobody and only makes drachtio-srf forget it too.
 */
export interface Silence {
  /** @param release sends a final response; called once, later */
  keep(release: () => void): void;
  /** Idempotent: forgets those that are kept. */
  close(): void;
}

/** More than the 64 s of the server. */
const forgottenByThenMs = 70_000;

/** @param most how many are kept; of more, the oldest is released at once */
export const createSilence = ({ most = 1000, afterMs = forgottenByThenMs } = {}): Silence => {
  /** The oldest is the first. */
  const kept: { readonly release: () => void; readonly dueMs: number }[] = [];
  let timer: NodeJS.Timeout | undefined;

  const releaseDue = (): void => {
    timer = undefined;
    const nowMs = performance.now();
    while (kept[0] && (kept[0].dueMs <= nowMs || kept.length > most)) kept.shift()?.release();
    if (kept[0]) timer = setTimeout(releaseDue, kept[0].dueMs - nowMs).unref();
  };

  return {
    keep(release) {
      kept.push({ release, dueMs: performance.now() + afterMs });
      if (kept.length > most) kept.shift()?.release();
      timer ??= setTimeout(releaseDue, afterMs).unref();
    },
    close() {
      clearTimeout(timer);
      kept.length = 0;
    },
  };
};
