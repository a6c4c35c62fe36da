import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { statusEvent } from '../recording/events.ts';
import type { RecordingOutcome, RecordingRecord } from '../recording/record.ts';
import type { JournalEntry } from '../spool/journal.ts';
import type { EncodeObserver } from './observer.ts';
import type { NotifierPort, RegistryPort } from './ports.ts';

/** Whom an ending is told to. */
export interface SettleParts {
  readonly registry: RegistryPort;
  readonly notifier: NotifierPort;
  readonly observer?: EncodeObserver;
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

const unlessAborted = async (what: Promise<void>, signal: AbortSignal | undefined): Promise<void> => {
  if (signal === undefined) return what;
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([what, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};

/**
 * Tells the registry and then status_url how a recording ended. May be repeated until it succeeds, and is: the spool
 * stays until both know, so a crash anywhere in here makes the job run again, find the file in storage and come back here.
 *
 * The registry comes first: an event that overtook it would send people to a URL that still says "recording", and
 * stop_record_call waits for the registry alone. What a crash between the two leaves is an end without its event; the next
 * run is answered false by end(), sees that the recorded state is the one it would tell, and owes the event, which the
 * notifier knows by its id if it was owed before. If the recorded state is another one (it had been given up as failed, and
 * its file was made later), a terminal event was told already, and there is only one of them.
 *
 * Throws redis_away, what the notifier throws, or the signal's reason.
 */
export const settle = async (
  parts: SettleParts,
  recording: SettledRecording,
  outcome: RecordingOutcome,
  /** Events that were told of it before. */
  eventsBefore: number,
  signal?: AbortSignal,
): Promise<void> => {
  const { registry, notifier, log } = parts;
  const { record } = recording;
  const first = await end(registry, recording, outcome);
  if (first) parts.observer?.ended(record, outcome);
  const ended = first ? outcome : await registry.get(record.recording_id);
  if (ended !== undefined && ended.state !== outcome.state) {
    log.warn(
      { told: ended.state, state: outcome.state },
      'the recording had been ended otherwise: nobody is told again',
    );
    return;
  }
  const event = statusEvent({ ...record, ...outcome, ...ended }, outcome.state, { number: eventsBefore + 1 });
  const owed = await notifier.owe(event, record.status_url);
  // What is in memory only would be lost with this process: the spool has to stay until Redis has the event.
  if (owed === 'kept') await unlessAborted(notifier.settled(record.recording_id), signal);
};
