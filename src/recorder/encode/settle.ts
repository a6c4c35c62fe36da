import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { statusEvent } from '../recording/events.ts';
import { isTerminal, type RecordingOutcome, type RecordingRecord } from '../recording/record.ts';
import type { JournalEntry } from '../spool/journal.ts';
import { eventsTold } from '../spool/read-pauses.ts';
import { earlierEvents } from './earlier-events.ts';
import type { EncodeObserver } from './observer.ts';
import type { NotifierPort, RegistryPort } from './ports.ts';

/** Whom an ending is told to. */
export interface SettleParts {
  readonly registry: RegistryPort;
  readonly notifier: NotifierPort;
  readonly observer?: EncodeObserver;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/** A recording as its spool tells of it. */
export interface SettledRecording {
  readonly record: RecordingRecord;
  /** Undefined if the spool cannot be read. */
  readonly journal?: readonly JournalEntry[] | undefined;
}

/** Makes the recording terminal, even if Redis has lost it meanwhile; true for the one caller that did. */
const end = async (
  registry: RegistryPort,
  { record, journal }: SettledRecording,
  outcome: RecordingOutcome,
): Promise<boolean> => {
  try {
    return await registry.end(record.recording_id, outcome, journal);
  } catch (error) {
    if (!(error instanceof SipreelError) || error.code !== 'recording_unknown') throw error;
    await registry.adopt({ ...record, state: 'finishing' });
    return registry.end(record.recording_id, outcome, journal);
  }
};

const unlessAborted = async <T>(what: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return what;
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([what, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};

/**
 * Tells the registry and then status_url how a recording ended. May be repeated until it succeeds, and is: the spool
 * stays until both know, so a crash anywhere in here makes the job run again, find the file in storage and come back here.
 * False if the recording is being deleted and does not know of the file: then that is nobody's.
 *
 * The registry comes first: an event that overtook it would send people to a URL that still says "recording", and
 * stop_record_call waits for the registry alone. What a crash between the two leaves is an end without its event; the next
 * run is answered false by end(), and owes the event of the state that is recorded, which the notifier knows by its id if it
 * was owed before. Events from before the end that Redis never got, because their process died while it was away, are told first.
 *
 * A recording that had ended as an error without a file, and has one now, keeps its state: a terminal event comes once.
 *
 * Throws redis_away, what the notifier throws, or the signal's reason.
 */
export const settle = async (
  parts: SettleParts,
  recording: SettledRecording,
  outcome: RecordingOutcome,
  signal?: AbortSignal,
): Promise<boolean> => {
  const { registry, notifier, log } = parts;
  const { record, journal = [] } = recording;
  const id = record.recording_id;
  const first = await end(registry, recording, outcome);
  if (first) parts.observer?.ended(record, outcome);
  const ended = first ? outcome : ((await registry.get(id)) ?? outcome);
  const mends = ended.file === undefined && outcome.file !== undefined;
  if (mends) {
    const { state: _, ...made } = outcome;
    if (!(await registry.mend(id, { ...made, mended_at: parts.now() / 1000 }))) return false;
    log.info({ told: ended.state }, 'a recording that had ended without a file has one now');
  }
  const state = isTerminal(ended.state) ? ended.state : outcome.state;
  const last = statusEvent({ ...record, ...outcome, ...ended }, state, { number: eventsTold(journal) + 1 });
  const earlier = earlierEvents(record, journal);
  // In their order. The end of one that is mended was told when it was given up, unless that died in the middle of it.
  const missing = notifier.oweMissing(mends ? [...earlier, last] : earlier, record.status_url);
  const owed = [await unlessAborted(missing, signal)];
  if (!mends) owed.push(await notifier.owe(last, record.status_url));
  // What is in memory only would be lost with this process: the spool has to stay until Redis has the event.
  if (owed.includes('kept')) await unlessAborted(notifier.settled(id), signal);
  return true;
};
