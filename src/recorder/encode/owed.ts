import type { JournalEntry } from '../spool/journal.ts';

/** What decides whether a spool without owner is owed, beside its journal. Times are milliseconds since the epoch. */
export interface OwedContext {
  readonly nodeId: string;
  /** Nodes with the same spools that have given no sign of life for long. */
  readonly goneNodes?: ReadonlySet<string>;
  readonly nowMs: number;
  /** See EncodeSweeperOptions. */
  readonly graceMs: number;
  /** When a process was last seen capturing it, if ever. */
  readonly lastOwnedMs: number | undefined;
}

/**
 * True if a spool that nobody captures to is to be encoded: it has been stopped, or it is this node's and its process is
 * gone. A spool of another node on a shared disk is that node's as long as it has not been stopped and that node lives.
 */
export const isOwed = (entries: readonly JournalEntry[], context: OwedContext): boolean => {
  if (entries.some(({ event }) => event === 'stopped')) return true;
  const opened = entries.find((entry) => entry.event === 'opened');
  if (opened === undefined) return false;
  const owner = opened.record.node_id;
  if (owner !== context.nodeId && context.goneNodes?.has(owner) !== true) return false;
  const openedMs = Date.parse(opened.at);
  const lastSeenMs = Math.max(Number.isNaN(openedMs) ? 0 : openedMs, context.lastOwnedMs ?? 0);
  // A clock that was set back would make it wait for the time that the spool comes from.
  return Math.abs(context.nowMs - lastSeenMs) >= context.graceMs;
};
