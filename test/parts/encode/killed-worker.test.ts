import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEncodeQueue, encodeQueueName } from '../../../src/recorder/encode/queue.ts';
import { isTerminal } from '../../../src/recorder/recording/record.ts';
import { goertzelDb } from '../../sound/tone.ts';
import { eventually } from '../eventually.ts';
import { startNode, type TestNode } from './node.ts';
import { readChannels } from './read-sound.ts';
import { stopToneSpool, toneHz } from './tone-spool.ts';

const main = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

let node: TestNode;
const workers: ChildProcess[] = [];
beforeAll(async () => {
  node = await startNode();
});
afterAll(async () => {
  for (const worker of workers) if (worker.exitCode === null && worker.signalCode === null) await kill(worker);
  await node.close();
});

const startWorker = (): ChildProcess => {
  const settings = [
    'node.id=node-1',
    `data.dir=${JSON.stringify(node.root)}`,
    `redis.url=${node.redisUrl}`,
    'encode.piece=10s',
    'log.level=silent',
  ];
  const args = [main, 'serve', '--role', 'worker', ...settings.flatMap((setting) => ['--set', setting])];
  const worker = spawn(process.execPath, args, { stdio: 'ignore' });
  workers.push(worker);
  return worker;
};

const kill = async (worker: ChildProcess): Promise<void> => {
  const gone = once(worker, 'exit');
  worker.kill('SIGKILL');
  await gone;
};

/** Where a worker of this node keeps its files. */
const filesOf = async (recordingId: string): Promise<string[]> =>
  (await readdir(join(node.root, 'recordings'), { recursive: true }).catch(() => []))
    .filter((name) => name.includes(recordingId))
    .sort();

test.each(['wav', 'mp3'] as const)(
  '%s: a worker that is killed with a file half made costs neither sound nor a second file',
  async (format) => {
    const queueName = encodeQueueName('node-1');
    const queue = createEncodeQueue({ connection: node.commands, queueName, log: node.log });
    const lengthMs = 45_000;
    const record = await node.record({ record: { format }, crashed: true, lengthMs });
    const id = record.recording_id;

    const first = startWorker();
    await queue.addPiece(id, 30_000);
    const [scratch = ''] = await eventually('a piece is there', async () => {
      const files = await filesOf(id);
      return files.length > 0 ? files : undefined;
    });
    await kill(first);
    expect(await filesOf(id)).toEqual([scratch]);

    const second = startWorker();
    await stopToneSpool(record.dir, lengthMs + 100);
    await queue.add(id);
    const ended = await eventually('it has ended', async () => {
      const now = await node.registry.get(id);
      return now !== undefined && isTerminal(now.state) ? now : undefined;
    });
    expect(ended).toMatchObject({ state: 'finished', duration: lengthMs / 1000 });
    const sound = await readChannels(ended.file ?? '', 2, 8000);
    for (const [channel, track] of (['speak', 'listen'] as const).entries()) {
      const samples = sound[channel] ?? new Int16Array();
      expect(samples.length).toBe(lengthMs * 8);
      for (let second = 0; second < lengthMs / 1000; second++) {
        const level = goertzelDb(samples.subarray(second * 8000, (second + 1) * 8000), 8000, toneHz[track]);
        expect(level, `${track} in second ${second}`).toBeGreaterThan(-8);
      }
    }
    const name = `${id}.${format}`;
    await eventually('nothing is left but the file and its note', async () => {
      const left = (await filesOf(id)).map((path) => path.slice(path.lastIndexOf('/') + 1));
      return left.join() === `${name},${name}.json`;
    });
    await kill(second);
    await queue.close();
  },
);
