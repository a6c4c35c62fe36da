import type { WriteStream } from 'node:tty';

/** Says how far something is; on a terminal, and only if it takes long enough for anybody to wait. */
export interface Progress {
  at(done: number, of: number): void;
  /** Takes the line away again. */
  end(): void;
}

const patienceMs = 500;
const intervalMs = 200;

/** A line of progress on a stream, nothing at all where that is no terminal. */
export const createProgress = (what: string, stream: WriteStream = process.stderr): Progress => {
  const startedAt = performance.now();
  let shownAt = startedAt + patienceMs - intervalMs;
  let shown = false;
  return {
    at(done, of) {
      const now = performance.now();
      if (stream.isTTY !== true || now < shownAt + intervalMs || of === 0 || done === 0) return;
      shownAt = now;
      shown = true;
      const leftS = Math.ceil(((now - startedAt) * (of - done)) / done / 1000);
      stream.write(`\r${what} ${Math.floor((100 * done) / of)} %, ${leftS} s left \u001b[K`);
    },
    end() {
      if (shown) stream.write('\r\u001b[K');
    },
  };
};
