import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { freePort } from '../../src/embedded/ports.ts';
import { createPart } from '../../src/embedded/process.ts';
import { createEmbeddedRedis } from '../../src/embedded/redis.ts';
import { createLog } from '../../src/log.ts';
import { createEncodeQueue, encodeQueueName } from '../../src/recorder/encode/queue.ts';
import type { Format } from '../../src/recorder/recording/parameters.ts';
import type { RecordingRecord } from '../../src/recorder/recording/record.ts';
import { closeRedis, connectRedis, whenReady } from '../../src/recorder/registry/connection.ts';
import { createRegistry } from '../../src/recorder/registry/registry.ts';
import type { Counted } from '../measure/cpu.ts';
import { endCaptured, startMs, writeCaptured } from './captured.ts';

/** A recording that is captured as a whole and goes on as far as anybody else knows. */
export interface Captured {
  readonly record: RecordingRecord;
  readonly dir: string;
  readonly lengthMs: number;
}

/** A worker of its own, with all that it needs. */
export interface Rig {
  readonly processes: readonly Counted[];
  capture(format: Format, lengthMs: number): Promise<Captured>;
  /** Makes all pieces of what arrived until then. */
  pieces(captured: Captured, untilMs: number): Promise<void>;
  /** Stops it; resolves with the milliseconds until its URL can be played. */
  stop(captured: Captured): Promise<number>;
  close(): Promise<void>;
}

const nodeId = 'bench';
/** No file takes longer. */
const patienceMs = 300_000;

export const startRig = async (
  root: string,
  dir: string,
  wrapper: readonly string[],
  settings: readonly string[],
  profile: string | undefined,
): Promise<Rig> => {
  const log = createLog({ level: 'error', redact: [] });
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    const redis = await createEmbeddedRedis({ dataDir: dir, port: await freePort('tcp'), wrapper, log });
    closers.push(() => redis.part.close());
    await redis.part.start();
    const connect = (role: 'commands' | 'subscriber') => {
      const connection = connectRedis({ url: redis.url, role, log });
      closers.push(() => closeRedis(connection));
      return connection;
    };
    const commands = connect('commands');
    await whenReady(commands, 5000);
    const registry = createRegistry({ redis: commands, subscriber: connect('subscriber'), nodeId, log });
    closers.push(() => registry.close());
    registry.start();
    const queueName = encodeQueueName(nodeId);
    const queue = createEncodeQueue({ connection: commands, queueName, log });
    closers.push(() => queue.close());
    const jobs = new Queue(queueName, { connection: commands, prefix: 'sipreel:queue' });
    closers.push(() => jobs.close());

    const worker = createPart({
      name: 'worker',
      program: process.execPath,
      args: [
        ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
        ...[join(root, 'dist/main.js'), 'serve', '--role', 'worker'],
        ...[`node.id=${nodeId}`, `data.dir=${JSON.stringify(dir)}`, `redis.url=${redis.url}`, 'log.level=warn']
          .concat(settings)
          .flatMap((setting) => ['--set', setting]),
      ],
      wrapper,
      log,
      isReady: async () => (await jobs.getWorkersCount()) > 0,
      closeMs: 30_000,
    });
    closers.push(() => worker.close());
    await worker.start();

    return {
      processes: [{ name: 'worker', pid: worker.pid() ?? 0 }],
      async capture(format, lengthMs) {
        const captured = await writeCaptured(join(dir, 'spool'), nodeId, format, lengthMs);
        await registry.begin(captured.record);
        return { ...captured, lengthMs };
      },
      async pieces({ record }, untilMs) {
        await queue.addPiece(record.recording_id, startMs + untilMs);
        while ((await jobs.getJob(`${record.recording_id}.piece`)) !== undefined) await sleep(20);
      },
      async stop({ record, dir: spool, lengthMs }) {
        const id = record.recording_id;
        const since = performance.now();
        await endCaptured(spool, lengthMs);
        await registry.finishing(id, { end_reason: 'stop', end_time: record.start_time + lengthMs / 1000 });
        const ended = registry.whenEnded(id, { timeoutMs: patienceMs });
        await queue.add(id);
        const file = (await ended)?.file;
        const tookMs = performance.now() - since;
        if (file === undefined) throw new Error(`recording ${id} has no file`);
        return tookMs;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
