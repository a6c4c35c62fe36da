/** What was waited for, or a rejection with the signal's reason as soon as it aborts; the rest ends by itself then. */
export const untilAborted = <T>(waited: T | Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    // Handled even where the signal came first, so that a late failure harms no one.
    void Promise.resolve(waited)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
