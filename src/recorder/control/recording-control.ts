import { SipreelError } from '../../errors/error.ts';
import type { Recorder } from '../recorder.ts';
import { type EndReason, isTerminal, type RecordingRecord } from '../recording/record.ts';
import { type KeptJournalEntry, keptJournal } from '../registry/kept-journal.ts';
import type { Registry } from '../registry/registry.ts';
import type { LocalFiles } from './local-files.ts';
import type { AskOptions, Mailbox } from './mailbox.ts';

/** What createRecordingControl needs. */
export interface RecordingControlParts {
  readonly registry: Pick<Registry, 'get' | 'findNamed' | 'journal' | 'delete'>;
  readonly recorder: Pick<Recorder, 'find' | 'owned'>;
  readonly mailbox: Pick<Mailbox, 'handle' | 'ask'>;
  readonly files: LocalFiles;
}

/** What has really become of a stop: this one ended the recording, or something else had done so before. */
export interface Stopped {
  readonly result: 'stopped' | 'already_stopped';
  readonly recording_id: string;
  readonly end_reason?: EndReason | undefined;
}

/**
 * Recordings under control from any node: a question goes to the node that captures the recording, and is answered with what
 * happened there. Every method throws recording_unknown; node_gone if the recording waits for a node that is not there;
 * node_unanswered; redis_away for recordings of other nodes.
 */
export interface RecordingControl {
  /** Resolves when the sound is on disk. */
  stop(recordingId: string, options?: AskOptions): Promise<Stopped>;
  /** The same for the recording of a call that has this control id, or had it last. */
  stopNamed(callId: string, controlId: string, options?: AskOptions): Promise<Stopped>;
  /** Deletes an ended recording: its file, its spool, its place in the catalogue. Throws recording_active, storage_failed. */
  delete(recordingId: string): Promise<void>;
  /** What happened to a recording so far; empty if nobody can tell any more. */
  journal(recordingId: string): Promise<readonly KeptJournalEntry[]>;
}

const unknown = (what: string): SipreelError => new SipreelError('recording_unknown', `there is no recording ${what}`);

const isCaptured = (record: RecordingRecord): boolean => record.state === 'recording' || record.state === 'paused';

const endedBefore = (record: RecordingRecord): Stopped => ({
  result: 'already_stopped',
  recording_id: record.recording_id,
  end_reason: record.end_reason,
});

const waitingFor = ({ recording_id, node_id }: RecordingRecord, cause?: unknown): SipreelError =>
  new SipreelError('node_gone', `recording ${recording_id} waits for node ${node_id}, which is not there`, {
    cause,
    details: { recording_id, node_id },
  });

export const createRecordingControl = (parts: RecordingControlParts): RecordingControl => {
  const { registry, recorder, mailbox, files } = parts;

  /** Undefined if this process does not capture it. */
  const stopOwn = async (recordingId: string): Promise<Stopped | undefined> => {
    // One that is just being started can be stopped as soon as it is; if it is not, it is not ours to stop.
    const recording = await recorder.owned(recordingId)?.catch(() => undefined);
    if (recording === undefined) return undefined;
    const first = !recording.ended();
    await recording.stop('stop');
    const end_reason = await recording.captured;
    return { result: first ? 'stopped' : 'already_stopped', recording_id: recordingId, end_reason };
  };

  mailbox.handle('recording.stop', async ({ recording_id }) => {
    const recordingId = String(recording_id);
    const own = await stopOwn(recordingId);
    if (own !== undefined) return own;
    const record = await registry.get(recordingId);
    if (record === undefined) throw unknown(recordingId);
    if (!isCaptured(record)) return endedBefore(record);
    throw new SipreelError(
      'recording_orphaned',
      `the process of node ${record.node_id} that captured recording ${recordingId} has ended before it`,
      { details: { recording_id: recordingId, node_id: record.node_id } },
    );
  });

  /** Asks the node of a recording; one that ends with its node was not lost, and says so. */
  const stopThere = async (record: RecordingRecord, options: AskOptions | undefined): Promise<Stopped> => {
    const { recording_id } = record;
    try {
      return (await mailbox.ask(record.node_id, 'recording.stop', { recording_id }, options)) as Stopped;
    } catch (error) {
      if (!(error instanceof SipreelError) || error.code !== 'node_gone') throw error;
      const now = await registry.get(recording_id);
      if (now === undefined) throw unknown(recording_id);
      if (isCaptured(now)) throw waitingFor(now, error);
      return endedBefore(now);
    }
  };

  const stopRecord = async (record: RecordingRecord, options: AskOptions | undefined): Promise<Stopped> =>
    isCaptured(record) ? stopThere(record, options) : endedBefore(record);

  mailbox.handle('recording.journal', async ({ recording_id }) => {
    const entries = await files.readJournal(String(recording_id));
    return entries === undefined ? null : keptJournal(entries);
  });

  mailbox.handle('recording.removeFiles', async ({ recording_id }) => {
    const record = await registry.get(String(recording_id));
    return record !== undefined && isTerminal(record.state) && files.removeFiles(record);
  });

  /** The node that made the file has it; where it is gone, whoever reaches the file. */
  const removeFilesAnywhere = async (record: RecordingRecord): Promise<void> => {
    const { recording_id, node_id } = record;
    try {
      await mailbox.ask(node_id, 'recording.removeFiles', { recording_id });
    } catch (error) {
      if (!(error instanceof SipreelError) || error.code !== 'node_gone') throw error;
      if (record.file !== undefined && !(await files.removeFiles(record))) throw waitingFor(record, error);
    }
  };

  return {
    async delete(recordingId) {
      const record = await registry.get(recordingId);
      if (record === undefined) throw unknown(recordingId);
      if (!isTerminal(record.state)) {
        throw new SipreelError('recording_active', `recording ${recordingId} is ${record.state}`);
      }
      // The file first: a crash in between leaves a recording without a file, and never a file that nobody knows of.
      await removeFilesAnywhere(record);
      if (!(await registry.delete(recordingId))) throw unknown(recordingId);
    },

    async stop(recordingId, options) {
      const own = await stopOwn(recordingId);
      if (own !== undefined) return own;
      const record = await registry.get(recordingId);
      if (record === undefined) throw unknown(recordingId);
      return stopRecord(record, options);
    },

    async stopNamed(callId, controlId, options) {
      const here = recorder.find(callId, controlId);
      const own = here && (await stopOwn(here.id));
      if (own !== undefined) return own;
      const record = await registry.findNamed(callId, controlId);
      if (record === undefined) throw unknown(`${JSON.stringify(controlId)} of call ${callId}`);
      return stopRecord(record, options);
    },

    async journal(recordingId) {
      const record = await registry.get(recordingId);
      if (record === undefined) throw unknown(recordingId);
      if (isTerminal(record.state)) {
        const kept = await registry.journal(recordingId);
        if (kept.length > 0) return kept;
      }
      // Of a shared disk, this node's own or not.
      const here = await files.readJournal(recordingId);
      if (here !== undefined) return keptJournal(here);
      const there = (await mailbox.ask(record.node_id, 'recording.journal', { recording_id: recordingId })) as
        | readonly KeptJournalEntry[]
        | null;
      return there ?? [];
    },
  };
};
