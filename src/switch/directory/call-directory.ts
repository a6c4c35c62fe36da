import type { Redis } from 'ioredis';
import type { Logger } from '../../log.ts';
import { registryKeys } from '../../recorder/registry/keys.ts';
import { withRedis } from '../../recorder/registry/redis-failure.ts';
import type { Registry } from '../../recorder/registry/registry.ts';
import { loadScript } from '../../recorder/registry/script.ts';
import type { CallEnd } from '../call/state.ts';

/** A call as the directory keeps it. Times are Unix seconds with fractions. */
export interface CallRecord {
  readonly call_id: string;
  readonly node_id: string;
  readonly direction: 'inbound';
  readonly from: string;
  readonly to: string;
  /** The trunk that it came from, where it is known. */
  readonly trunk?: string;
  readonly state: 'created' | 'answered' | 'ended';
  readonly start_time: number;
  readonly answer_time?: number;
  readonly end_time?: number;
  /** How it ended and why, in the words of the log. */
  readonly result?: CallEnd['result'];
  readonly reason?: string;
}

/** What createCallDirectory needs. */
export interface CallDirectoryOptions {
  /** In role commands. Who makes it closes it, after the directory. */
  readonly redis: Redis;
  /** Of all keys; sipreel by default. */
  readonly prefix?: string;
  readonly nodeId: string;
  /** Which nodes live: calls of others are over, or nobody knows. */
  readonly registry: Pick<Registry, 'nodes'>;
  readonly log: Logger;
  /** How long calls that have ended can be asked for, seconds; a day by default. */
  readonly keptS?: number;
  /** How many events the stream keeps, or some more; 10,000 by default. */
  readonly keptEvents?: number;
  /** Milliseconds until what Redis did not take is told again; 2,000 by default. */
  readonly retryMs?: number;
}

/** The calls of all nodes, in Redis. A call goes on without it: what Redis could not be told is told when it is back. */
export interface CallDirectory {
  /** The calls that an earlier process of this node has left; before start. Throws redis_away or redis_refused. */
  left(): Promise<readonly string[]>;
  /** Takes out what an earlier process of this node has left. */
  start(): void;
  /** A call of this node, as it is now; in the order of its changes. */
  tell(call: CallRecord): void;
  /** The calls that are up, of all nodes that live, newest first. Throws redis_away or redis_refused. */
  list(): Promise<readonly CallRecord[]>;
  /** One that is up, or ended within a day; undefined if it is unknown. Throws redis_away or redis_refused. */
  get(callId: string): Promise<CallRecord | undefined>;
  /** Resolves when Redis was told all, or can't be. Idempotent. */
  close(): Promise<void>;
}

const changeScript = loadScript('change', import.meta.url);
const rewriteScript = loadScript('rewrite', import.meta.url);

const eventOf = (call: CallRecord): string =>
  ({ created: 'call.started', answered: 'call.answered', ended: 'call.ended' })[call.state];

export const createCallDirectory = (options: CallDirectoryOptions): CallDirectory => {
  const { redis, nodeId, registry, log } = options;
  const { keptS = 86_400, keptEvents = 10_000, retryMs = 2_000 } = options;
  const keys = registryKeys(options.prefix ?? 'sipreel');
  /** This node's calls that are up: the truth, of which Redis has a copy. */
  const up = new Map<string, CallRecord>();
  /** Those that have ended and of which Redis was not told yet. */
  const leaving = new Map<string, CallRecord>();
  /** Changes that Redis was not told yet, in their order. */
  const untold: CallRecord[] = [];
  let telling: Promise<void> = Promise.resolve();
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  const enqueue = (what: () => Promise<unknown>): void => {
    telling = telling.then(what).then(
      () => undefined,
      (err: unknown) => {
        log.debug({ err }, 'the directory of calls could not be told: it is rewritten later');
        if (!closed) retry ??= setTimeout(rewrite, retryMs);
      },
    );
  };

  const change = (call: CallRecord): Promise<unknown> => {
    const json = JSON.stringify(call);
    return changeScript(
      redis,
      [keys.callsOfNode(nodeId), keys.endedCall(call.call_id), keys.events],
      [call.call_id, json, call.state === 'ended' ? '1' : '0', keptS, eventOf(call), json, keptEvents],
    );
  };

  /** One that fails stays first, for the next time. */
  const tellAll = async (): Promise<void> => {
    for (let [call] = untold; call !== undefined; [call] = untold) {
      await change(call);
      if (untold[0] === call) untold.shift();
      if (call.state === 'ended') leaving.delete(call.call_id);
    }
  };

  /** As many as the stream of events would keep; a call that has ended before is known to nobody any more. */
  const forgetOldest = (): void => {
    const forgotten = untold.shift();
    if (forgotten?.state === 'ended') leaving.delete(forgotten.call_id);
  };

  const rewrite = (): void => {
    retry = undefined;
    enqueue(async () => {
      await tellAll();
      const entries = [...up].flatMap(([callId, call]) => [callId, JSON.stringify(call)]);
      return rewriteScript(redis, [keys.callsOfNode(nodeId)], entries);
    });
  };

  const parse = (json: string | null | undefined): CallRecord | undefined =>
    json == null ? undefined : (JSON.parse(json) as CallRecord);

  const livingNodes = async (): Promise<readonly string[]> =>
    (await registry.nodes()).filter((node) => node.alive).map((node) => node.node_id);

  return {
    left: () => withRedis(() => redis.hkeys(keys.callsOfNode(nodeId))),
    start: rewrite,

    tell(call) {
      if (call.state === 'ended') {
        up.delete(call.call_id);
        leaving.set(call.call_id, call);
      } else up.set(call.call_id, call);
      untold.push(call);
      if (untold.length > keptEvents) forgetOldest();
      enqueue(tellAll);
    },

    async list() {
      const nodes = (await livingNodes()).filter((node) => node !== nodeId);
      const found = await Promise.all(nodes.map((node) => withRedis(() => redis.hvals(keys.callsOfNode(node)))));
      const calls = found.flat().flatMap((json) => parse(json) ?? []);
      return [...up.values(), ...calls].sort((a, b) => b.start_time - a.start_time);
    },

    async get(callId) {
      const here = up.get(callId) ?? leaving.get(callId);
      if (here !== undefined) return here;
      const ended = parse(await withRedis(() => redis.get(keys.endedCall(callId))));
      if (ended !== undefined) return ended;
      const nodes = await livingNodes();
      const found = await Promise.all(nodes.map((node) => withRedis(() => redis.hget(keys.callsOfNode(node), callId))));
      return found.map(parse).find((call) => call !== undefined);
    },

    async close() {
      closed = true;
      clearTimeout(retry);
      await telling;
    },
  };
};
