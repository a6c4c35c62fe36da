import type { Redis } from 'ioredis';
import { SipreelError } from '../../errors/error.ts';
import type { Deletion, Hold, RecordingRecord } from '../recording/record.ts';
import type { RegistryKeys } from './keys.ts';
import { unknownRecording } from './record-steps.ts';
import { goneData, heldData } from './recording-changes.ts';
import { withRedis } from './redis-failure.ts';
import { loadScript } from './script.ts';

/** What createRetentionSteps needs. */
export interface RetentionStepsOptions {
  readonly redis: Redis;
  readonly keys: RegistryKeys;
  /** How many events the stream keeps, or some more. */
  readonly keptEvents: number;
  /** Throws recording_unknown. */
  readonly placeOf: (recordingId: string) => Promise<RecordingRecord>;
}

/** Which recordings are old: those of one trunk, or of all but some. */
export interface AgedRequest {
  /** Undefined: those of all trunks that are not in `except`. */
  readonly trunk?: string;
  readonly except?: readonly string[];
  /** Unix seconds: what began later is not old. */
  readonly until: number;
  /** `next` of the answer before. Default: 0, the oldest. */
  readonly from?: number;
  readonly limit: number;
}

/** Ids, oldest first, and where to go on; an answer may have few, or none, and yet not be the last. */
export interface AgedPage {
  readonly ids: readonly string[];
  readonly next?: number;
}

/** What decides how long a recording is kept; each an atomic step. All throw redis_away or redis_refused. */
export interface RetentionSteps {
  /** Nothing deletes it until it is released; held again, the new reason counts. Throws recording_unknown, recording_deleting. */
  hold(recordingId: string, hold: Hold): Promise<void>;
  /** False if it was not held. Throws recording_unknown. */
  release(recordingId: string): Promise<boolean>;
  /**
   * Decides that it is deleted, which nothing takes back; repeatable, the first decision is the one that is shown. Throws
   * recording_unknown, recording_active, recording_held.
   */
  doom(recordingId: string, deletion: Deletion): Promise<void>;
  /** Its file lies somewhere else now; false if it is unknown, or being deleted: then that file is nobody's. */
  moved(recordingId: string, file: string): Promise<boolean>;
  /** Recordings that began before a time, and are neither held nor being deleted. */
  aged(request: AgedRequest): Promise<AgedPage>;
  /** Recordings that are being deleted, some of them. */
  doomed(limit: number): Promise<readonly string[]>;
  /** Notes that a node which is gone may have something of a recording that has been deleted. */
  leaveAt(nodeId: string, left: LeftBehind): Promise<void>;
  /** What was deleted while the node was gone. */
  leftAt(nodeId: string): Promise<readonly LeftBehind[]>;
  /** The node has nothing of it any more. */
  cleared(nodeId: string, recordingId: string): Promise<void>;
  /** Milliseconds since the epoch, by Redis' clock. */
  time(): Promise<number>;
}

/** A recording that is deleted, of which a node may still have the file or the spool. */
export interface LeftBehind {
  readonly recording_id: string;
  /** Where its file was. */
  readonly file?: string | undefined;
}

/** How many recordings one question for old ones looks at: some milliseconds of Redis' time. */
const lookAtMost = 2_000;

const holdScript = loadScript('hold');
const releaseScript = loadScript('release');
const doomScript = loadScript('doom');
const movedScript = loadScript('moved');
const agedScript = loadScript('aged');

export const createRetentionSteps = (options: RetentionStepsOptions): RetentionSteps => {
  const { redis, keys, keptEvents, placeOf } = options;

  const refused = (record: RecordingRecord, answer: unknown): SipreelError => {
    const { recording_id, state, hold } = record;
    const details = { recording_id };
    if (answer === -1) return unknownRecording(recording_id);
    if (answer === 0) return new SipreelError('recording_active', `recording ${recording_id} is ${state}`, { details });
    const why = hold === undefined ? '' : ` since ${new Date(hold.at * 1000).toISOString()}: ${hold.reason}`;
    return new SipreelError('recording_held', `recording ${recording_id} is held${why}`, { details });
  };

  return {
    async hold(recordingId, hold) {
      const record = await placeOf(recordingId);
      const done = await withRedis(() =>
        holdScript(
          redis,
          [keys.recording(recordingId), keys.held, keys.catalogue, keys.events],
          [recordingId, JSON.stringify(hold), JSON.stringify(heldData(record, hold)), keptEvents],
        ),
      );
      if (done === -1) throw unknownRecording(recordingId);
      if (done === 0) throw beingDeleted(recordingId);
    },

    async release(recordingId) {
      const record = await placeOf(recordingId);
      const done = await withRedis(() =>
        releaseScript(
          redis,
          [keys.recording(recordingId), keys.held, keys.events],
          [recordingId, JSON.stringify(goneData(record)), keptEvents],
        ),
      );
      if (done === -1) throw unknownRecording(recordingId);
      return done === 1;
    },

    async doom(recordingId, deletion) {
      const done = await withRedis(() =>
        doomScript(
          redis,
          [keys.recording(recordingId), keys.deleting, keys.catalogue],
          [recordingId, JSON.stringify(deletion)],
        ),
      );
      if (done !== 1) throw refused(await placeOf(recordingId), done);
    },

    moved: async (recordingId, file) =>
      (await withRedis(() => movedScript(redis, [keys.recording(recordingId)], [JSON.stringify({ file })]))) === 1,

    async aged({ trunk, except = [], until, from = 0, limit }) {
      const source = trunk === undefined ? keys.catalogue : keys.with.trunk(trunk);
      const answer = await withRedis(() =>
        agedScript(
          redis,
          [source, keys.held, keys.deleting, ...except.map(keys.with.trunk)],
          [until, from, limit, lookAtMost],
        ),
      );
      const [next, ...ids] = Array.isArray(answer) ? answer : [];
      return { ids: ids.map(String), ...(Number(next) >= 0 ? { next: Number(next) } : {}) };
    },

    doomed: (limit) => withRedis(() => redis.zrange(keys.deleting, '0', String(limit - 1))),

    async leaveAt(nodeId, { recording_id, file = '' }) {
      await withRedis(() => redis.hset(keys.leftAtNode(nodeId), recording_id, file));
    },

    async leftAt(nodeId) {
      const left = await withRedis(() => redis.hgetall(keys.leftAtNode(nodeId)));
      return Object.entries(left).map(([recording_id, file]) => ({ recording_id, file: file || undefined }));
    },

    async cleared(nodeId, recordingId) {
      await withRedis(() => redis.hdel(keys.leftAtNode(nodeId), recordingId));
    },

    async time() {
      const [seconds, micros] = await withRedis(() => redis.time());
      return Number(seconds) * 1_000 + Number(micros) / 1_000;
    },
  };
};

/** What whoever comes too late is told. */
export const beingDeleted = (recordingId: string): SipreelError =>
  new SipreelError('recording_deleting', `recording ${recordingId} is being deleted`, {
    details: { recording_id: recordingId },
  });
