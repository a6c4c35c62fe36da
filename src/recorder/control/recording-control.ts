import { SipreelError } from '../../errors/error.ts';
import type { Recorder, RecordingReference } from '../recorder.ts';
import type { PauseBehavior } from '../recording/pauses.ts';
import { type EndReason, isTerminal, type RecordingRecord } from '../recording/record.ts';
import { type KeptJournalEntry, keptJournal } from '../registry/kept-journal.ts';
import type { Registry } from '../registry/registry.ts';
import type { ActiveRecording } from '../running-recording.ts';
import type { LocalFiles } from './local-files.ts';
import type { AskOptions, Mailbox } from './mailbox.ts';

/** What createRecordingControl needs. */
export interface RecordingControlParts {
  readonly registry: Pick<Registry, 'get' | 'findNamed' | 'journal'>;
  readonly recorder: Pick<Recorder, 'find' | 'owned'>;
  readonly mailbox: Pick<Mailbox, 'handle' | 'ask'>;
  readonly files: Pick<LocalFiles, 'readJournal'>;
}

/** What has really become of a request: it did so, or the recording was so already. */
export type ControlResult =
  | 'stopped'
  | 'already_stopped'
  | 'paused'
  | 'already_paused'
  | 'resumed'
  | 'already_recording';

export interface Controlled {
  readonly result: ControlResult;
  readonly recording_id: string;
  /** Of a stop: why the recording ended, whoever ended it. */
  readonly end_reason?: EndReason | undefined;
}

/**
 * Recordings under control from any node: a question goes to the node that captures the recording, and is answered with what
 * happened there. A name means the recording of the call that has this control id, or had it last. Every method throws
 * recording_unknown; node_gone if the recording waits for a node that is not there; recording_orphaned if its process has
 * ended; node_unanswered; redis_away for recordings of other nodes.
 */
export interface RecordingControl {
  /** Resolves when the sound is on disk. */
  stop(which: RecordingReference, options?: AskOptions): Promise<Controlled>;
  /** Resolves when nothing that arrives is recorded any more. Throws recording_ended. */
  pause(which: RecordingReference, behavior: PauseBehavior, options?: AskOptions): Promise<Controlled>;
  /** Resolves when sound is recorded again. Throws recording_ended. */
  resume(which: RecordingReference, options?: AskOptions): Promise<Controlled>;
  /** What happened to a recording so far; empty if nobody can tell any more. */
  journal(recordingId: string): Promise<readonly KeptJournalEntry[]>;
}

/** What a recording is to do. */
type Act =
  | { readonly do: 'stop' }
  | { readonly do: 'pause'; readonly behavior: PauseBehavior }
  | { readonly do: 'resume' };

const unknown = (what: string): SipreelError => new SipreelError('recording_unknown', `there is no recording ${what}`);

const isCaptured = (record: RecordingRecord): boolean => record.state === 'recording' || record.state === 'paused';

const waitingFor = ({ recording_id, node_id }: RecordingRecord, cause?: unknown): SipreelError =>
  new SipreelError('node_gone', `recording ${recording_id} waits for node ${node_id}, which is not there`, {
    cause,
    details: { recording_id, node_id },
  });

/** What an act on a recording whose capture is over comes to. Throws recording_ended. */
const afterEnd = (act: Act, { recording_id, end_reason }: RecordingRecord): Controlled => {
  if (act.do === 'stop') return { result: 'already_stopped', recording_id, end_reason };
  throw new SipreelError('recording_ended', `recording ${recording_id} has ended (${end_reason ?? 'error'})`, {
    details: { recording_id },
  });
};

const perform = async (act: Act, recording: ActiveRecording): Promise<Controlled> => {
  const recording_id = recording.id;
  switch (act.do) {
    case 'stop': {
      const first = !recording.ended();
      await recording.stop('stop');
      const end_reason = await recording.captured;
      return { result: first ? 'stopped' : 'already_stopped', recording_id, end_reason };
    }
    case 'pause': {
      const { changed } = await recording.pause(act.behavior);
      // Whoever looks at it next sees it so.
      await recording.registered();
      return { result: changed ? 'paused' : 'already_paused', recording_id };
    }
    case 'resume': {
      const { changed } = await recording.resume();
      await recording.registered();
      return { result: changed ? 'resumed' : 'already_recording', recording_id };
    }
  }
};

export const createRecordingControl = (parts: RecordingControlParts): RecordingControl => {
  const { registry, recorder, mailbox, files } = parts;

  /** Undefined if this process does not capture it. */
  const actHere = async (act: Act, recordingId: string): Promise<Controlled | undefined> => {
    // One that is just being started can be stopped as soon as it is; if it is not, it is not ours to stop.
    const recording = await recorder.owned(recordingId)?.catch(() => undefined);
    return recording && perform(act, recording);
  };

  mailbox.handle('recording.act', async ({ recording_id, act }) => {
    const recordingId = String(recording_id);
    const asked = act as Act;
    const own = await actHere(asked, recordingId);
    if (own !== undefined) return own;
    const record = await registry.get(recordingId);
    if (record === undefined) throw unknown(recordingId);
    if (!isCaptured(record)) return afterEnd(asked, record);
    throw new SipreelError(
      'recording_orphaned',
      `the process of node ${record.node_id} that captured recording ${recordingId} has ended before it`,
      { details: { recording_id: recordingId, node_id: record.node_id } },
    );
  });

  /** Asks the node of a recording; one that ends with its node was not lost, and says so. */
  const actThere = async (act: Act, record: RecordingRecord, options: AskOptions | undefined): Promise<Controlled> => {
    const { recording_id } = record;
    try {
      return (await mailbox.ask(record.node_id, 'recording.act', { recording_id, act }, options)) as Controlled;
    } catch (error) {
      if (!(error instanceof SipreelError) || error.code !== 'node_gone') throw error;
      const now = await registry.get(recording_id);
      if (now === undefined) throw unknown(recording_id);
      if (isCaptured(now)) throw waitingFor(now, error);
      return afterEnd(act, now);
    }
  };

  const find = async (which: RecordingReference): Promise<RecordingRecord> => {
    if ('recordingId' in which) {
      const record = await registry.get(which.recordingId);
      if (record !== undefined) return record;
      throw unknown(JSON.stringify(which.recordingId.slice(0, 100)));
    }
    const { callId, controlId } = which;
    const record = await registry.findNamed(callId, controlId);
    if (record !== undefined) return record;
    throw unknown(`${JSON.stringify(controlId.slice(0, 300))} of call ${callId.slice(0, 100)}`);
  };

  /** This node's own recordings need no Redis. */
  const act = async (what: Act, which: RecordingReference, options?: AskOptions): Promise<Controlled> => {
    const ownId = 'recordingId' in which ? which.recordingId : recorder.find(which.callId, which.controlId)?.id;
    const own = ownId === undefined ? undefined : await actHere(what, ownId);
    if (own !== undefined) return own;
    const record = await find(which);
    return isCaptured(record) ? actThere(what, record, options) : afterEnd(what, record);
  };

  mailbox.handle('recording.journal', async ({ recording_id }) => {
    const entries = await files.readJournal(String(recording_id));
    return entries === undefined ? null : keptJournal(entries);
  });

  return {
    stop: (which, options) => act({ do: 'stop' }, which, options),
    pause: (which, behavior, options) => act({ do: 'pause', behavior }, which, options),
    resume: (which, options) => act({ do: 'resume' }, which, options),

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
