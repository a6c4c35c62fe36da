import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../log.ts';
import { percentDecoded } from '../../net/percent-decoded.ts';

/** What createNodeLife needs. */
export interface NodeLifeOptions {
  /** On the disk that has the spools; all nodes that share it have the same. */
  readonly folder: string;
  readonly nodeId: string;
  readonly log: Logger;
  /** Milliseconds between two signs of life; 5,000 by default, or a twelfth of goneMs if that is less. */
  readonly intervalMs?: number;
  /** Milliseconds without one after which a node's spools are anybody's; 60,000 by default. */
  readonly goneMs?: number;
}

/**
 * Which nodes that write spools to this disk live: each one touches a file of its own there. On a disk that is shared,
 * a node that lost Redis and goes on recording is not taken for dead, and all times are those of the one file server.
 */
export interface NodeLife {
  start(): Promise<void>;
  /** The nodes that have given no sign of life for too long, while this one has. Never rejects. */
  gone(): Promise<ReadonlySet<string>>;
  /** Idempotent. */
  close(): Promise<void>;
}

const suffix = '.alive';

/** Node ids are anything that an operator likes: they become file names in a form that can't lead elsewhere. */
const fileOf = (nodeId: string): string => `${encodeURIComponent(nodeId).replaceAll('.', '%2E')}${suffix}`;
const nodeOf = (file: string): string => percentDecoded(file.slice(0, -suffix.length));

export const createNodeLife = (options: NodeLifeOptions): NodeLife => {
  const { folder, nodeId, log, goneMs = 60_000 } = options;
  const { intervalMs = Math.min(5_000, goneMs / 12) } = options;
  const own = join(folder, fileOf(nodeId));
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> = Promise.resolve();
  let closed = false;

  const beat = async (): Promise<void> => {
    try {
      await mkdir(folder, { recursive: true, mode: 0o750 });
      const file = await open(own, 'a', 0o640);
      try {
        // By writing: the time is the file server's then, and so the same clock for all nodes.
        await file.truncate(0);
        await file.write('.');
      } finally {
        await file.close();
      }
    } catch (err) {
      // Spools could not be written either: capture tells that, and others may take over what is there.
      log.debug({ err, file: own }, 'no sign of life could be given');
    }
  };

  const touchedMs = async (file: string): Promise<number | undefined> =>
    (await stat(file).catch(() => undefined))?.mtimeMs;

  return {
    async start() {
      if (timer !== undefined || closed) return;
      await beat();
      timer = setInterval(() => {
        beating = beating.then(beat);
      }, intervalMs);
    },

    async gone() {
      const here = await touchedMs(own);
      if (here === undefined) return new Set();
      const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(suffix));
      const found = new Set<string>();
      for (const name of files) {
        const there = await touchedMs(join(folder, name));
        if (there !== undefined && here - there > goneMs) found.add(nodeOf(name));
      }
      return found;
    },

    async close() {
      closed = true;
      clearInterval(timer);
      await beating;
    },
  };
};
