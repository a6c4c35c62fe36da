import type { Redis } from 'ioredis';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { isTerminal, type RecordingOutcome, type RecordingRecord } from '../recording/record.ts';
import { createEndedWatch, type WaitOptions } from './ended.ts';
import { createHeartbeat, type NodeRecord } from './heartbeat.ts';
import { registryKeys } from './keys.ts';
import { withRedis } from './redis-failure.ts';
import { loadScript } from './script.ts';
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
}

/** The answer of begin: the recording is entered, or another one that is being captured has its control id. */
export type Begun = { readonly taken: false } | { readonly taken: true; readonly recording_id: string };

/**
 * All that nodes have to agree on: which control id is which recording, what became of each, which nodes live. Every
 * method throws redis_away or redis_refused, within the time-out of the connection.
 */
export interface Registry {
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
  /** Makes it terminal: true for the one caller that did. Throws recording_unknown (see adopt). */
  end(recordingId: string, outcome: RecordingOutcome): Promise<boolean>;
  get(recordingId: string): Promise<RecordingRecord | undefined>;
  /** The recording of the call that is being captured under this control id. */
  findControl(callId: string, controlId: string): Promise<RecordingRecord | undefined>;
  /** The call's recordings that are not terminal, in the order of their start. */
  ofCall(callId: string): Promise<readonly RecordingRecord[]>;
  /** The recordings of all nodes, or of one, that are not terminal, in the order of their start. */
  active(nodeId?: string): Promise<readonly RecordingRecord[]>;
  /** A page of the catalogue, newest first; `before` is the recording_id that the page before ended with. */
  list(page: { readonly limit: number; readonly before?: string }): Promise<readonly RecordingRecord[]>;
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

const beginScript = loadScript('begin');
const adoptScript = loadScript('adopt');
const turnScript = loadScript('turn');
const finishingScript = loadScript('finishing');
const endScript = loadScript('end');
const forgetScript = loadScript('forget');
const pageScript = loadScript('page');

const unknownRecording = (recordingId: string): SipreelError =>
  new SipreelError('recording_unknown', `Redis knows no recording ${recordingId}`, {
    details: { recording_id: recordingId },
  });

/** The registry of recordings, control ids and nodes in Redis. */
export const createRegistry = (options: RegistryOptions): Registry => {
  const { redis, subscriber, nodeId, log, now = Date.now } = options;
  const keys = registryKeys(options.prefix ?? 'sipreel');

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

  /** The parts of a record that its keys are made of: they never change, so they may be read before the atomic step. */
  const findPlace = async (recordingId: string) => {
    const fields = await withRedis(() => redis.hmget(keys.recording(recordingId), 'call_id', 'control_id', 'node_id'));
    const [callId, controlId, owner] = fields;
    return callId == null || controlId == null || owner == null ? undefined : { callId, controlId, owner };
  };

  const placeOf = async (recordingId: string) => {
    const place = await findPlace(recordingId);
    if (place === undefined) throw unknownRecording(recordingId);
    return place;
  };

  const enter = (script: typeof beginScript, record: RecordingRecord): Promise<unknown> => {
    const { recording_id, call_id, control_id, node_id, state, start_time } = record;
    return withRedis(() =>
      script(
        redis,
        [
          keys.recording(recording_id),
          keys.controlsOfCall(call_id),
          keys.recordingsOfCall(call_id),
          keys.recordingsOfNode(node_id),
          keys.active,
          keys.catalogue,
        ],
        [recording_id, call_id, control_id, node_id, state, start_time, JSON.stringify(record)],
      ),
    );
  };

  const turn = async (recordingId: string, state: 'paused' | 'recording', pause: string): Promise<void> => {
    const done = await withRedis(() => turnScript(redis, [keys.recording(recordingId)], [state, pause]));
    if (done === -1) throw unknownRecording(recordingId);
  };

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

    async begin(record) {
      const holder = await enter(beginScript, record);
      return typeof holder === 'string' ? { taken: true, recording_id: holder } : { taken: false };
    },

    async adopt(record) {
      return (await enter(adoptScript, record)) === 1;
    },

    async forget(recordingId) {
      const place = await findPlace(recordingId);
      if (place === undefined) return;
      await withRedis(() =>
        forgetScript(
          redis,
          [
            keys.recording(recordingId),
            keys.controlsOfCall(place.callId),
            keys.recordingsOfCall(place.callId),
            keys.recordingsOfNode(place.owner),
            keys.active,
            keys.catalogue,
          ],
          [recordingId, place.controlId],
        ),
      );
    },

    pause: (recordingId, { paused_at, pause_behavior }) =>
      turn(recordingId, 'paused', JSON.stringify({ paused_at, pause_behavior })),
    resume: (recordingId) => turn(recordingId, 'recording', ''),

    async finishing(recordingId, ending) {
      const { callId, controlId } = await placeOf(recordingId);
      const { end_reason, end_time } = ending;
      const done = await withRedis(() =>
        finishingScript(
          redis,
          [keys.recording(recordingId), keys.controlsOfCall(callId)],
          [recordingId, controlId, JSON.stringify({ end_reason, end_time })],
        ),
      );
      if (done === -1) throw unknownRecording(recordingId);
    },

    async end(recordingId, outcome) {
      const { callId, controlId, owner } = await placeOf(recordingId);
      const done = await withRedis(() =>
        endScript(
          redis,
          [
            keys.recording(recordingId),
            keys.controlsOfCall(callId),
            keys.recordingsOfCall(callId),
            keys.recordingsOfNode(owner),
            keys.active,
          ],
          [recordingId, controlId, outcome.state, JSON.stringify(outcome), keys.ended],
        ),
      );
      if (done === -1) throw unknownRecording(recordingId);
      return done === 1;
    },

    get,

    async findControl(callId, controlId) {
      const recordingId = await withRedis(() => redis.hget(keys.controlsOfCall(callId), controlId));
      return recordingId === null ? undefined : get(recordingId);
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

    async list({ limit, before }) {
      if (limit < 1) return [];
      const ids = await withRedis(() => pageScript(redis, [keys.catalogue], [Math.floor(limit), before ?? '']));
      return getAll(Array.isArray(ids) ? ids.map(String) : []);
    },

    count: () => withRedis(() => redis.zcard(keys.catalogue)),

    whenEnded: ended.whenEnded,
    nodes: heartbeat.nodes,

    async close() {
      ended.close();
      await heartbeat.close();
    },
  };
};
