import type { Redis } from 'ioredis';
import { SipreelError } from '../../errors/error.ts';
import type { MendedOutcome, RecordingOutcome, RecordingRecord } from '../recording/record.ts';
import type { JournalEntry } from '../spool/journal.ts';
import { lastingIndexes } from './catalogue.ts';
import { keptJournal } from './kept-journal.ts';
import type { RegistryKeys } from './keys.ts';
import {
  endedData,
  finishingData,
  goneData,
  mendedData,
  type RecordingChangeData,
  startedData,
  turnData,
} from './recording-changes.ts';
import { withRedis } from './redis-failure.ts';
import type { Begun } from './registry.ts';
import { loadScript, type Script } from './script.ts';
import type { Ending, PauseFacts } from './stored-record.ts';

/** What createRecordSteps needs. */
export interface RecordStepsOptions {
  readonly redis: Redis;
  readonly keys: RegistryKeys;
  /** How many events the stream keeps, or some more. */
  readonly keptEvents: number;
}

/** The atomic steps that change a recording in Redis, each one Lua file; see Registry for what they mean. */
export interface RecordSteps {
  begin(record: RecordingRecord): Promise<Begun>;
  adopt(record: RecordingRecord): Promise<boolean>;
  forget(record: RecordingRecord): Promise<void>;
  /** Throws recording_unknown. */
  turn(record: RecordingRecord, state: 'paused' | 'recording', pause?: PauseFacts): Promise<void>;
  /** Throws recording_unknown. */
  finishing(record: RecordingRecord, ending: Ending): Promise<void>;
  /** Throws recording_unknown. */
  end(record: RecordingRecord, outcome: RecordingOutcome, journal?: readonly JournalEntry[]): Promise<boolean>;
  /** Throws recording_unknown. */
  mend(record: RecordingRecord, outcome: MendedOutcome): Promise<boolean>;
  /** Throws recording_active. */
  delete(record: RecordingRecord): Promise<boolean>;
}

const beginScript = loadScript('begin');
const adoptScript = loadScript('adopt');
const turnScript = loadScript('turn');
const finishingScript = loadScript('finishing');
const endScript = loadScript('end');
const mendedScript = loadScript('mended');
const forgetScript = loadScript('forget');
const deleteScript = loadScript('delete');

/** The states that one may come from, into finishing and into a terminal one. */
const captured = ['recording', 'paused'] as const;
const unfinished = [...captured, 'finishing'] as const;

/** What the registry says of a recording that it does not know. */
export const unknownRecording = (recordingId: string): SipreelError =>
  new SipreelError('recording_unknown', `there is no recording ${JSON.stringify(recordingId.slice(0, 100))}`, {
    details: { recording_id: recordingId.slice(0, 100) },
  });

export const createRecordSteps = ({ redis, keys, keptEvents }: RecordStepsOptions): RecordSteps => {
  const eventOf = (data: RecordingChangeData) => [JSON.stringify(data), keptEvents] as const;

  const activePlaces = ({ call_id, node_id }: RecordingRecord) =>
    [
      keys.controlsOfCall(call_id),
      keys.recordingsOfCall(call_id),
      keys.recordingsOfNode(node_id),
      keys.active,
    ] as const;

  const enter = (script: Script, record: RecordingRecord): Promise<unknown> => {
    const { recording_id, call_id, control_id, node_id, state, start_time } = record;
    return withRedis(() =>
      script(
        redis,
        [
          keys.recording(recording_id),
          ...activePlaces(record),
          keys.events,
          keys.with.state(state),
          ...lastingIndexes(keys, record),
        ],
        [
          ...[recording_id, call_id, control_id, node_id, state, start_time, JSON.stringify(record)],
          ...eventOf(startedData(record)),
        ],
      ),
    );
  };

  return {
    async begin(record) {
      const holder = await enter(beginScript, record);
      return typeof holder === 'string' ? { taken: true, recording_id: holder } : { taken: false };
    },

    async adopt(record) {
      return (await enter(adoptScript, record)) === 1;
    },

    async forget(record) {
      const { recording_id, control_id } = record;
      await withRedis(() =>
        forgetScript(
          redis,
          [
            keys.recording(recording_id),
            ...activePlaces(record),
            keys.events,
            ...unfinished.map(keys.with.state),
            ...lastingIndexes(keys, record),
          ],
          [recording_id, control_id, ...eventOf(goneData(record))],
        ),
      );
    },

    async turn(record, state, pause) {
      const { recording_id } = record;
      const before = state === 'paused' ? 'recording' : 'paused';
      const done = await withRedis(() =>
        turnScript(
          redis,
          [keys.recording(recording_id), keys.catalogue, keys.events, keys.with.state(state), keys.with.state(before)],
          [
            ...[recording_id, state, pause === undefined ? '' : JSON.stringify(pause)],
            ...[
              state === 'paused' ? 'recording.paused' : 'recording.resumed',
              ...eventOf(turnData(record, state, pause)),
            ],
          ],
        ),
      );
      if (done === -1) throw unknownRecording(recording_id);
    },

    async finishing(record, ending) {
      const { recording_id, call_id, control_id } = record;
      const { end_reason, end_time } = ending;
      const done = await withRedis(() =>
        finishingScript(
          redis,
          [
            keys.recording(recording_id),
            keys.controlsOfCall(call_id),
            keys.catalogue,
            keys.events,
            keys.with.state('finishing'),
            ...captured.map(keys.with.state),
          ],
          [
            recording_id,
            control_id,
            JSON.stringify({ end_reason, end_time }),
            ...eventOf(finishingData(record, ending)),
          ],
        ),
      );
      if (done === -1) throw unknownRecording(recording_id);
    },

    async end(record, outcome, journal) {
      const { recording_id, control_id } = record;
      const kept = journal === undefined ? '' : JSON.stringify(keptJournal(journal));
      const done = await withRedis(() =>
        endScript(
          redis,
          [
            keys.recording(recording_id),
            ...activePlaces(record),
            keys.catalogue,
            keys.events,
            keys.with.state(outcome.state),
            ...unfinished.map(keys.with.state),
          ],
          [
            ...[recording_id, control_id, outcome.state, JSON.stringify(outcome), kept, keys.ended],
            ...eventOf(endedData(record, outcome)),
          ],
        ),
      );
      if (done === -1) throw unknownRecording(recording_id);
      return done === 1;
    },

    async mend(record, outcome) {
      const { recording_id } = record;
      const done = await withRedis(() =>
        mendedScript(
          redis,
          [keys.recording(recording_id), keys.events],
          [JSON.stringify(outcome), ...eventOf(mendedData(record, outcome))],
        ),
      );
      if (done === -1) throw unknownRecording(recording_id);
      return done === 1;
    },

    async delete(record) {
      const { recording_id, state } = record;
      const done = await withRedis(() =>
        deleteScript(
          redis,
          [
            keys.recording(recording_id),
            keys.events,
            keys.deleting,
            keys.with.state(state),
            ...lastingIndexes(keys, record),
          ],
          [recording_id, ...eventOf(goneData(record))],
        ),
      );
      if (done !== 0) return done === 1;
      throw new SipreelError('recording_active', `recording ${recording_id} is ${state}`, {
        details: { recording_id },
      });
    },
  };
};
