// Starts the processes of a cluster on 127.0.0.1: the outside parts, switches and workers. All die with this process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { startEmbedded } from '../../dist/embedded/embedded.js';
import { freePort } from '../../dist/embedded/ports.js';
import { deathWrapper } from '../../dist/embedded/program.js';
import { createEmbeddedRtpengine } from '../../dist/embedded/rtpengine.js';

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const s3rver = fileURLToPath(new URL('../../node_modules/s3rver/bin/s3rver.js', import.meta.url));
export const bucket = 'recordings';

/** One Redis, one S3, two rtpengines, one SIP server, and a folder that all nodes share. */
export const startParts = async (dir) => {
  const log = pino({ level: 'silent' });
  const wrapper = await deathWrapper();
  const sip = { host: '127.0.0.1', port: 0 };
  const parts = await startEmbedded({ dataDir: join(dir, 'parts'), sip, log, calls: 50 });
  const second = await createEmbeddedRtpengine({ port: await freePort('udp'), wrapper, log, calls: 50 });
  await second.part.start();
  await mkdir(join(dir, 's3'), { recursive: true });
  const s3Port = await freePort('tcp');
  const s3 = start(
    [...wrapper, process.execPath, s3rver],
    [
      ...['--directory', join(dir, 's3'), '--address', '127.0.0.1', '--port', String(s3Port)],
      ...['--configure-bucket', bucket, '--silent'],
    ],
  );
  await untilItListens(s3Port);
  return {
    sip: `${parts.sip.host}:${parts.sip.port}`,
    redisUrl: parts.redisUrl,
    s3Url: `http://127.0.0.1:${s3Port}`,
    drachtio: { address: `127.0.0.1:${parts.drachtio.address.port}`, secret: parts.drachtio.secret },
    rtpengines: [parts.rtpengine, second.address].map(({ host, port }) => `${host}:${port}`),
    async close() {
      await end(s3, 'SIGTERM');
      await second.part.close();
      await parts.close();
    },
  };
};

/** The configuration that all nodes of the cluster have; a node adds its id. */
export const writeConfig = async (dir, parts, script) => {
  const store = { bucket, endpoint: parts.s3Url, path_style: true, access_key: 'S3RVER', secret_key: 'S3RVER' };
  const config = {
    data: { dir: join(dir, 'shared'), takeover: '3s' },
    sip: { drachtio: [parts.drachtio] },
    routes: [{ to: '*', script }],
    rtpengine: { servers: parts.rtpengines },
    redis: { url: parts.redisUrl },
    encode: { queue: 'cluster' },
    storage: { stores: [{ s3: store }] },
    http: { listen: '127.0.0.1:0' },
  };
  const file = join(dir, 'cluster.json'); // JSON is YAML.
  await writeFile(file, JSON.stringify(config, null, 2));
  return file;
};

/** `sipreel serve` in the role of a switch or a worker; resolves when it is ready. */
export const startNode = async (dir, config, role, id) => {
  const log = join(dir, `${id}.log`);
  const child = start(
    [...(await deathWrapper()), process.execPath, program],
    ['serve', '--role', role, '--json', '--config', config, '--set', `node.id=${id}`, '--set', `log.file=${log}`],
  );
  const line = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), once(child, 'exit')]);
  if (typeof line[0] !== 'string') throw new Error(`${id} ended before it was ready: see ${log}`);
  const { http } = JSON.parse(line[0]);
  return {
    id,
    http,
    kill: () => end(child, 'SIGKILL'),
    close: () => end(child, 'SIGTERM'),
    async health() {
      const { calls = 0, recordings = 0 } = await (await fetch(`${http}/healthz`)).json();
      return { calls, recordings };
    },
  };
};

/** SIPp with so many callers for so long; resolves when they are done. */
export const startCallers = async (dir, sip, calls, seconds) => {
  const port = String(await freePort('udp'));
  const child = start(
    [...(await deathWrapper()), 'sipp'],
    [
      ...['-sf', fileURLToPath(new URL('caller.xml', import.meta.url)), '-m', String(calls), '-r', '20'],
      ...['-d', String(Math.round(seconds * 1000)), '-i', '127.0.0.1', '-mi', '127.0.0.1', '-p', port],
      ...['-nostdin', '-timeout', '120s', sip],
    ],
    dir,
  );
  const exited = once(child, 'exit');
  return { done: exited.then(([code]) => code) };
};

const start = ([command, ...first], args, cwd) => {
  const child = spawn(command, [...first, ...args], { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.resume();
  return child;
};

const end = async (child, signal) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
};

const untilItListens = async (port) => {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect({ host: '127.0.0.1', port });
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (open) return;
    await sleep(50);
  }
  throw new Error(`nobody listens on port ${port}`);
};
