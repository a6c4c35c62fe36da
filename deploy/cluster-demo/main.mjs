#!/usr/bin/env node
// npm run cluster-demo: switches and workers as separate processes against one Redis, one S3 and one shared folder. See README.md.
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { createEncodeQueue, encodeQueueName } from '../../dist/recorder/encode/queue.js';
import { closeRedis, connectRedis } from '../../dist/recorder/registry/connection.js';
import { encodePcmu } from '../../dist/rtp/g711.js';
import { startCallers, startNode, startParts, writeConfig } from './cluster.mjs';

const usage = `Usage: npm run cluster-demo -- [--switches N] [--calls N] [--seconds S] [--json]
  --switches N  switches that share the calls (3)
  --calls N     calls at the same time (6)
  --seconds S   how long they talk (10)
  --json        what came of it as JSON on standard output
Exit code: 0 every recording is in S3, 1 not, 2 this command line is wrong.
`;

const given = () => {
  try {
    const text = (value) => ({ type: 'string', default: value });
    const { values } = parseArgs({
      options: {
        switches: text('3'),
        calls: text('6'),
        seconds: text('10'),
        json: { type: 'boolean', default: false },
      },
    });
    const [switches, calls, seconds] = [values.switches, values.calls, values.seconds].map(Number);
    if (!(switches >= 2 && switches <= 10 && calls >= switches && calls <= 40 && seconds >= 3 && seconds <= 60)) {
      throw new Error('2 to 10 switches, no more than there are calls; 40 calls and 60 seconds at most');
    }
    return { switches, calls, seconds, json: values.json };
  } catch (error) {
    process.stderr.write(`cluster-demo: ${error.message}\n${usage}`);
    return process.exit(2);
  }
};

const { switches: switchCount, calls, seconds, json } = given();
const startedAt = Date.now();
const tell = (text) => {
  const at = ((Date.now() - startedAt) / 1000).toFixed(1).padStart(6);
  (json ? process.stderr : process.stdout).write(`${at} s  ${text}\n`);
};

const until = async (what, look, withinMs = 30_000) => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    await sleep(100);
  }
};

/** A second of 440 Hz, over and over. */
const writeTone = (dir) => {
  const samples = Int16Array.from({ length: 8000 }, (_, i) => 9830 * Math.sin((2 * Math.PI * 440 * i) / 8000));
  const tone = new Uint8Array(samples.length);
  encodePcmu(samples, tone);
  return writeFile(join(dir, 'tone.pcmu'), tone);
};

const script = `version: 1.0.0
sections:
  main:
    - record_call: { stereo: true }
    - play: silence:3600
`;

const dir = await mkdtemp(join(tmpdir(), 'sipreel-cluster-'));
tell(`logs, spools and files: ${dir}`);
await Promise.all([writeTone(dir), writeFile(join(dir, 'record.yaml'), script), mkdir(join(dir, 'files'))]);
const parts = await startParts(dir);
const closers = [() => parts.close()];
try {
  tell('up: one Redis, one S3, two rtpengines, one SIP server');
  const config = await writeConfig(dir, parts, join(dir, 'record.yaml'));
  const redis = connectRedis({ url: parts.redisUrl, role: 'commands', log: pino({ level: 'silent' }) });
  closers.push(() => closeRedis(redis));
  const queue = createEncodeQueue({
    connection: redis,
    queueName: encodeQueueName('cluster'),
    log: pino({ level: 'silent' }),
  });
  closers.push(() => queue.close());
  const node = async (role, id) => {
    const started = await startNode(dir, config, role, id);
    closers.push(started.close);
    return started;
  };
  const names = Array.from({ length: switchCount }, (_, i) => `switch-${i + 1}`);
  const switches = await Promise.all(names.map((name) => node('switch', name)));
  tell(`up: ${names.join(', ')}; no worker yet`);

  const callers = await startCallers(dir, parts.sip, calls, seconds);
  const spread = await until(`${calls} recordings`, async () => {
    const all = await Promise.all(switches.map((each) => each.health()));
    return all.reduce((sum, { recordings }) => sum + recordings, 0) === calls && all.map((each) => each.recordings);
  });
  tell(`${calls} calls: ${names.map((name, i) => `${name} records ${spread[i]}`).join(', ')}`);

  await sleep(1500);
  const [dead, ...alive] = switches;
  await dead.kill();
  tell(`kill -9 ${dead.id}: its ${spread[0]} calls are lost; what they have said is on the shared disk`);
  const late = await startCallers(dir, parts.sip, 1, 2);
  await until('a call on another switch', async () => {
    const all = await Promise.all(alive.map((each) => each.health()));
    return all.reduce((sum, { calls: up }) => sum + up, 0) > calls - spread[0];
  });
  tell('a new call: another switch takes it');

  await Promise.all([callers.done, late.done]);
  const waiting = await until('all files to be queued, those of the dead switch too', async () => {
    const counts = await queue.counts();
    return counts.waiting === calls + 1 && counts.waiting;
  });
  tell(`the calls are over: ${waiting} files wait, those of ${dead.id} too, and nobody makes them`);
  await node('worker', 'worker-1');
  await node('worker', 'worker-2');
  tell('up: worker-1 and worker-2, while the files wait');

  const recordings = await until('all files', async () => {
    const page = await (await fetch(`${alive[0].http}/api/recordings?limit=100`)).json();
    return page.recordings.every(({ state }) => ['finished', 'error'].includes(state)) && page.recordings;
  });
  for (const { recording_id, node_id, duration, end_reason, url } of recordings) {
    tell(`of ${node_id}: ${duration.toFixed(2)} s, ended by ${end_reason}`);
    // By another switch than the one that has recorded it.
    const { pathname, search } = new URL(url);
    const response = await fetch(new URL(`${pathname}${search}`, alive[0].http));
    if (!response.ok) throw new Error(`${pathname}: ${response.status}`);
    await writeFile(join(dir, 'files', `${recording_id}.wav`), Buffer.from(await response.arrayBuffer()));
  }
  if (recordings.length !== calls + 1) throw new Error(`${calls + 1} calls and ${recordings.length} recordings`);
  tell(`all ${recordings.length} recordings are in S3; copies are in ${join(dir, 'files')}`);
  if (json) {
    const told = recordings.map(({ recording_id, node_id, duration, end_reason }) => {
      return { recording_id, node_id, duration, end_reason, copy: join(dir, 'files', `${recording_id}.wav`) };
    });
    process.stdout.write(`${JSON.stringify({ dir, killed: dead.id, spread, recordings: told })}\n`);
  }
} catch (error) {
  tell(`failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const close of closers.reverse()) await close();
}
