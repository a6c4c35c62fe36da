import type { Redis } from 'ioredis';
import type { Logger } from '../../log.ts';
import { isTerminal, type MendedOutcome, type RecordingOutcome, type RecordingRecord } from '../recording/record.ts';
import type { JournalEntry } from '../spool/journal.ts';
import { listPage, type PageRequest, type RecordingPage } from './catalogue.ts';
import { createEndedWatch, type WaitOptions } from './ended.ts';
import { createHeartbeat, type NodeRecord } from './heartbeat.ts';
import type { KeptJournalEntry } from './kept-journal.ts';
import { registryKeys } from './keys.ts';
import { createRecordSteps, unknownRecording } from './record-steps.ts';
import { withRedis } from './redis-failure.ts';
import { createRetentionSteps, type RetentionSteps } from './retention-steps.ts';
import { createSoundFacts } from './sound-facts.ts';
import { type Ending, type PauseFacts, recordFields, recordOf } from './stored-record.ts';

/** What createRegistry needs. Who makes the connections closes them, after the registry. */
export interface RegistryOptions {
  /** In role commands: each command is answered or fails within the connection's time-out. */
  readonly redis: Redis;
  /** In role subscriber, and of this registry alone. */
  readonly subscriber: Redis;
  /** Of all keys; sipreel by default. */
  readonly prefix?: string;
  readonly nodeId: string;
  readonly log: Logger;
  /** Milliseconds since the epoch; Date.now by default. */
  readonly now?: () => number;
  /** Milliseconds between heartbeats (5,000), after which a node counts as gone (15,000), and between looks (1,000). */
  readonly heartbeatMs?: number;
  readonly heartbeatLifeMs?: number;
  readonly pollMs?: number;
  /** How many events the stream keeps, or some more; 10,000 by default. */
  readonly keptEvents?: number;
}

/** The answer of begin: the recording is entered, or another one that is being captured has its control id. */
export type Begun = { readonly taken: false } | { readonly taken: true; readonly recording_id: string };

/**
 * All that nodes have to agree on: which control id is which recording, what became of each, which nodes live. Every
 * method throws redis_away or redis_refused, within the time-out of the connection.
 */
export interface Registry extends RetentionSteps {
  /** Begins the heartbeat and the subscription; Redis may come later. */
  start(): void;
  /** Claims the control id among the call's recordings that are being captured, and enters the record. Repeatable. */
  begin(record: RecordingRecord): Promise<Begun>;
  /** Enters a record that Redis has lost or never got; true if it was missing. The control id is claimed if it is free. */
  adopt(record: RecordingRecord): Promise<boolean>;
  /** Takes a recording that never had sound out of everything, the catalogue too. Repeatable. */
  forget(recordingId: string): Promise<void>;
  /** It is paused, as long as it is being captured; repeatable. Throws recording_unknown. */
  pause(recordingId: string, pause: PauseFacts): Promise<void>;
  /** Its pause is over; repeatable. Throws recording_unknown. */
  resume(recordingId: string): Promise<void>;
  /** Capture is over: the control id is free again. Repeatable. Throws recording_unknown (see adopt). */
  finishing(recordingId: string, ending: Ending): Promise<void>;
  /**
   * Makes it terminal: true for the one caller that did. Its journal is kept for people who ask why. Throws
   * recording_unknown (see adopt).
   */
  end(recordingId: string, outcome: RecordingOutcome, journal?: readonly JournalEntry[]): Promise<boolean>;
  /**
   * The file of a recording that had ended without one is there now; repeatable. False if it is being deleted: then that file is
   * nobody's. Throws recording_unknown.
   */
  mend(recordingId: string, outcome: MendedOutcome): Promise<boolean>;
  /** Takes a terminal recording out of the catalogue: true for the one caller that did. Throws recording_active. */
  delete(recordingId: string): Promise<boolean>;
  get(recordingId: string): Promise<RecordingRecord | undefined>;
  /** The recording of the call that is being captured under this control id. */
  findControl(callId: string, controlId: string): Promise<RecordingRecord | undefined>;
  /** The recording of the call that has this control id, or had it last. */
  findNamed(callId: string, controlId: string): Promise<RecordingRecord | undefined>;
  /** The journal of a recording that has ended; empty if none was kept. */
  journal(recordingId: string): Promise<readonly KeptJournalEntry[]>;
  /** The call's recordings that are not terminal, in the order of their start. */
  ofCall(callId: string): Promise<readonly RecordingRecord[]>;
  /** The recordings of all nodes, or of one, that are not terminal, in the order of their start. */
  active(nodeId?: string): Promise<readonly RecordingRecord[]>;
  /** A page of the catalogue. Throws cursor_invalid. */
  list(page: PageRequest): Promise<RecordingPage>;
  /** How many recordings the catalogue has. */
  count(): Promise<number>;
  /**
   * Resolves as soon as the recording is terminal; undefined if it is unknown, at the time-out and when the registry
   * closes. Rejects with the signal's reason, and if Redis is away at the first look; later absences are waited out.
   */
  whenEnded(recordingId: string, options?: WaitOptions): Promise<RecordingRecord | undefined>;
  nodes(): Promise<readonly NodeRecord[]>;
  close(): Promise<void>;
}

/** The registry of recordings, control ids and nodes in Redis. */
export const createRegistry = (options: RegistryOptions): Registry => {
  const { redis, subscriber, nodeId, log, now = Date.now, keptEvents = 10_000 } = options;
  const keys = registryKeys(options.prefix ?? 'sipreel');
  const sounds = createSoundFacts({ redis, prefix: options.prefix ?? 'sipreel', now });
  const steps = createRecordSteps({ redis, keys, keptEvents });

  const get = async (recordingId: string): Promise<RecordingRecord | undefined> =>
    recordOf(recordingId, await withRedis(() => redis.hmget(keys.recording(recordingId), ...recordFields)));

  const getAll = async (recordingIds: readonly string[]): Promise<RecordingRecord[]> => {
    const records = await Promise.all(recordingIds.map(get));
    return records.filter((record) => record !== undefined);
  };

  /** Of those that were listed as active a moment ago, those that still are. */
  const getActive = async (recordingIds: readonly string[]): Promise<RecordingRecord[]> =>
    (await getAll(recordingIds))
      .filter((record) => !isTerminal(record.state))
      .sort((a, b) => a.start_time - b.start_time);

  /** The record as it was entered, of which its keys are made: it never changes, so it may be read before the atomic step. */
  const placeOf = async (recordingId: string): Promise<RecordingRecord> => {
    const record = await get(recordingId);
    if (record === undefined) throw unknownRecording(recordingId);
    return record;
  };

  const findControl: Registry['findControl'] = async (callId, controlId) => {
    const recordingId = await withRedis(() => redis.hget(keys.controlsOfCall(callId), controlId));
    return recordingId === null ? undefined : get(recordingId);
  };

  const list: Registry['list'] = (page) => listPage(redis, keys, getAll, page);

  const ended = createEndedWatch({
    subscriber,
    channel: keys.ended,
    get,
    log,
    ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }),
  });
  const heartbeat = createHeartbeat({
    redis,
    keys,
    nodeId,
    log,
    now,
    ...(options.heartbeatMs === undefined ? {} : { intervalMs: options.heartbeatMs }),
    ...(options.heartbeatLifeMs === undefined ? {} : { lifeMs: options.heartbeatLifeMs }),
  });

  return {
    start() {
      ended.start();
      heartbeat.start();
    },

    begin: steps.begin,
    adopt: steps.adopt,
    ...createRetentionSteps({ redis, keys, keptEvents, placeOf }),

    async forget(recordingId) {
      const record = await get(recordingId);
      if (record !== undefined) await steps.forget(record);
    },

    pause: async (recordingId, pause) => steps.turn(await placeOf(recordingId), 'paused', pause),
    resume: async (recordingId) => steps.turn(await placeOf(recordingId), 'recording'),
    finishing: async (recordingId, ending) => steps.finishing(await placeOf(recordingId), ending),
    end: async (recordingId, outcome, journal) => steps.end(await placeOf(recordingId), outcome, journal),

    mend: async (recordingId, outcome) => steps.mend(await placeOf(recordingId), outcome),

    async delete(recordingId) {
      const record = await get(recordingId);
      if (record === undefined) return false;
      if (isTerminal(record.state)) await sounds.freed(record);
      return steps.delete(record);
    },

    get,
    findControl,

    async findNamed(callId, controlId) {
      const held = await findControl(callId, controlId);
      if (held !== undefined) return held;
      for (let cursor: string | undefined; ; ) {
        const { recordings, next } = await list({ limit: 100, cursor, filter: { call: callId } });
        const found = recordings.find((record) => record.control_id === controlId);
        if (found !== undefined || next === undefined) return found;
        cursor = next;
      }
    },

    async journal(recordingId) {
      const kept = await withRedis(() => redis.hget(keys.recording(recordingId), 'journal'));
      return kept === null ? [] : (JSON.parse(kept) as KeptJournalEntry[]);
    },

    async ofCall(callId) {
      return getActive(await withRedis(() => redis.smembers(keys.recordingsOfCall(callId))));
    },

    async active(ofNode) {
      const ids = await withRedis(() =>
        ofNode === undefined ? redis.zrange(keys.active, '0', '-1') : redis.smembers(keys.recordingsOfNode(ofNode)),
      );
      return getActive(ids);
    },

    list,

    count: () => withRedis(() => redis.zcard(keys.catalogue)),

    whenEnded: ended.whenEnded,
    nodes: heartbeat.nodes,

    async close() {
      ended.close();
      await heartbeat.close();
    },
  };
};
