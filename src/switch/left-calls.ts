import type { Logger } from '../log.ts';
import { readJournal } from '../recorder/spool/journal-file.ts';
import { journalPath } from '../recorder/spool/layout.ts';
import { listSpools } from '../recorder/spool/spool.ts';
import type { Rtpengine } from '../rtpengine/rtpengine.ts';
import { nameOf } from './rtpengine-choice.ts';

/** Where a process that was killed has left traces of its calls. */
export interface LeftCallsParts {
  readonly directory: { left(): Promise<readonly string[]> };
  readonly spoolRoot: string;
  readonly nodeId: string;
  /** True for calls of this process. */
  readonly isUp: (callId: string) => boolean;
  readonly log: Logger;
}

/** The call of a spool that this node was writing when its process ended; undefined for any other. */
const callOfSpool = async (dir: string, nodeId: string): Promise<string | undefined> => {
  const { entries } = await readJournal(journalPath(dir));
  const opened = entries.find((entry) => entry.event === 'opened');
  if (opened?.record.node_id !== nodeId || entries.some(({ event }) => event === 'stopped')) return undefined;
  return opened.record.call_id;
};

/**
 * The calls that an earlier process of this node had when it was killed: by what Redis knew of them, and by the spools that
 * it was writing, for Redis may have been away. To be called before the directory starts; it may take its time, for there may
 * be many spools. Never rejects.
 */
export const findLeftCalls = async (parts: LeftCallsParts): Promise<ReadonlySet<string>> => {
  const { directory, spoolRoot, nodeId, isUp, log } = parts;
  const unknown = (err: unknown): readonly never[] => {
    log.warn({ err }, 'some calls of an earlier process may stay in rtpengine until its own time-out');
    return [];
  };
  const found = new Set(await directory.left().catch(unknown));
  for (const { dir } of await listSpools(spoolRoot).catch(unknown)) {
    const callId = await callOfSpool(dir, nodeId).catch(() => undefined); // The sweeper tells of spools that can't be read.
    if (callId !== undefined && !isUp(callId)) found.add(callId);
  }
  return found;
};

/** More would not fit into an answer by UDP. */
const listedAtMost = 1_000;

/** What an rtpengine has of the calls, by its own word: a call of ours may have further ones, for callees who are asked something. */
const ofTheseAt = async (rtpengine: Rtpengine, callIds: ReadonlySet<string>): Promise<readonly string[]> => {
  const { calls } = await rtpengine.command('list', { limit: listedAtMost });
  const listed = Array.isArray(calls) ? calls.map(String) : [];
  const ours = listed.filter((id) => callIds.has(id) || callIds.has(id.slice(0, callIdLength)));
  // A list that was cut off may lack some: deleting what is not there does no harm.
  return listed.length < listedAtMost ? ours : [...new Set([...ours, ...callIds])];
};

/** A call_id is a UUID; what follows it names the callee's side. */
const callIdLength = 36;

/** Ends these calls in the rtpengines: their ports are free again at once, not after its time-out. Never rejects. */
export const deleteLeftCalls = async (
  rtpengines: readonly Rtpengine[],
  callIds: ReadonlySet<string>,
  log: Logger,
): Promise<void> => {
  if (callIds.size === 0) return;
  await Promise.all(
    rtpengines.map(async (rtpengine) => {
      try {
        const left = await ofTheseAt(rtpengine, callIds);
        for (const callId of left) await rtpengine.command('delete', { 'call-id': callId, 'delete-delay': 0 });
        if (left.length > 0)
          log.info({ rtpengine: nameOf(rtpengine), calls: left.length }, 'calls of an earlier process were ended');
      } catch (err) {
        log.warn(
          { err, rtpengine: nameOf(rtpengine) },
          'calls of an earlier process could not be ended here: they end by its own time-out',
        );
      }
    }),
  );
};

/** Both; to be called before the directory starts. Never rejects. */
export const endLeftCalls = async (parts: LeftCallsParts, rtpengines: readonly Rtpengine[]): Promise<void> =>
  deleteLeftCalls(rtpengines, await findLeftCalls(parts), parts.log);
