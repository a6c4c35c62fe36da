import { mkdir, statfs } from 'node:fs/promises';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';

/** How much room the disk of the spools must have; all in bytes. */
export interface SpoolRoomOptions {
  readonly root: string;
  /** With less than this no recording starts; those that run have it. */
  readonly refuseBelow: number;
  /** With less than this the log warns. */
  readonly warnBelow: number;
  readonly log: Logger;
  /** Milliseconds between looks. Default: 2,000. */
  readonly intervalMs?: number;
}

/** Watches the room on the disk of the spools, so that a disk that fills up costs new recordings and not running ones. */
export interface SpoolRoom {
  /** Resolves after the first look. Throws spool_open_failed if there is no such folder and none can be made. */
  start(): Promise<void>;
  /** Bytes that were free at the last look. */
  free(): number;
  /** Why no recording may start now: spool_room_low; undefined if it may. */
  refusal(): SipreelError | undefined;
  /** Idempotent. */
  close(): Promise<void>;
}

type Level = 'enough' | 'low' | 'refusing';

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1e6)} MB`;

export const createSpoolRoom = ({
  root,
  refuseBelow,
  warnBelow,
  log,
  intervalMs = 2_000,
}: SpoolRoomOptions): SpoolRoom => {
  let free = Number.POSITIVE_INFINITY;
  let level: Level = 'enough';
  let looking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const tell = (now: Level): void => {
    if (now === level) return;
    level = now;
    const facts = { spool: root, free_bytes: free };
    if (now === 'enough') log.info(facts, 'the disk of the spools has room again');
    else if (now === 'low') log.warn(facts, 'the disk of the spools fills up: free some space');
    else log.error(facts, 'the disk of the spools is nearly full: no recording starts until there is room');
  };
  const look = async (): Promise<void> => {
    const { bavail, bsize } = await statfs(root);
    free = bavail * bsize;
    tell(free < refuseBelow ? 'refusing' : free < warnBelow ? 'low' : 'enough');
  };
  const loop = (): void => {
    looking = look()
      // Whoever opens a spool finds out, too; what was free at the last look stays true for now.
      .catch((err: unknown) => log.warn({ err, spool: root }, 'the room for spools cannot be looked at'))
      .finally(() => {
        if (!closed) timer = setTimeout(loop, intervalMs);
      });
  };
  return {
    async start() {
      try {
        await mkdir(root, { recursive: true, mode: 0o750 });
        await look();
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new SipreelError('spool_open_failed', `the spool folder ${root}: ${reason}`, { cause });
      }
      timer = setTimeout(loop, intervalMs);
    },
    free: () => free,
    refusal: () =>
      free < refuseBelow
        ? new SipreelError(
            'spool_room_low',
            `${root} has ${megabytes(free)} free, and no recording starts below ${megabytes(refuseBelow)}`,
            { details: { spool: root, free_bytes: free, limit_bytes: refuseBelow } },
          )
        : undefined,
    async close() {
      closed = true;
      clearTimeout(timer);
      await looking;
    },
  };
};
