import { chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../src/embedded/ports.ts';
import { channelDb, cut, decode, describe } from '../kit/files.ts';
import { type Container, openImage, type Running } from '../kit/image.ts';
import { createOutsideRtpengine, createOutsideSip } from '../kit/outside-parts.ts';
import { createPhone } from '../kit/phone.ts';
import type { SipAddress } from '../kit/sip-transport.ts';
import { call } from '../kit/sip-ua.ts';
import { createStatusSink, type StatusSink } from '../kit/status-sink.ts';
import { eventually } from '../parts/eventually.ts';
import { startRedis } from '../parts/redis.ts';

/**
 * The image of deploy/Dockerfile, as `npm run check:image` has built it: its switch and its worker, with a redis-server, an
 * rtpengine and a SIP edge of this machine.
 */
const image = await openImage(process.env.IMAGE ?? '');
const uid = 10_001;
const file = '/etc/sipreel/sipreel.yaml';
const closers: (() => Promise<unknown>)[] = [];

let folder: string;
const data = () => join(folder, 'data');
/** host:port */
let http: string;
let sip: SipAddress;
let sink: StatusSink;
let container: Container;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipreel-image-check-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const redis = await startRedis();
  closers.push(() => redis.stop());
  // As redis.conf has it; doctor asks for it.
  const client = new Redis(redis.url);
  await client.config('SET', 'appendonly', 'yes');
  client.disconnect();
  const rtpengine = await createOutsideRtpengine();
  closers.push(rtpengine.close);
  await rtpengine.start();
  const edge = await createOutsideSip();
  closers.push(edge.close);
  await edge.start();
  sink = await createStatusSink();
  closers.push(sink.close);
  http = `127.0.0.1:${await freePort('tcp')}`;
  sip = edge.sip;

  const main = [
    { record_call: { control_id: 'image', format: 'mp3', stereo: true, status_url: sink.url } },
    { play: 'say:This call is recorded. Please speak.' },
    { play: 'silence:600' },
  ];
  const config = {
    sip: { drachtio: [{ address: edge.address, secret: edge.secret }] },
    rtpengine: { servers: [rtpengine.address] },
    redis: { url: redis.url },
    http: { listen: http, worker_listen: `127.0.0.1:${await freePort('tcp')}` },
    http_out: { allow_hosts: [new URL(sink.url).host] },
    data: { dir: '/data' },
    routes: [{ script: { sections: { main } } }],
    limits: { calls: 50 },
  };
  await writeFile(join(folder, 'sipreel.yaml'), JSON.stringify(config)); // JSON is YAML.
  // As a volume of a container engine: it belongs to the image's user. In a place of its own, since buildah takes its own folder
  // for the image's volume, whatever else is asked for.
  await mkdir(data());
  await chown(data(), uid, uid);
  const volumes = { [file]: join(folder, 'sipreel.yaml'), '/data': data() };
  container = await image.createContainer({ volumes });
  closers.push(container.close);
}, 120_000);

afterAll(async () => {
  for (const close of closers.reverse()) await close();
}, 60_000);

/** The image's own health check, but for the port: 8080 may be somebody else's on this machine. */
const isHealthy = async (): Promise<boolean> => {
  const [kind, ...command] = image.config.Healthcheck.Test;
  expect(kind).toBe('CMD');
  const { code } = await container.exec(command.map((word) => word.replace('127.0.0.1:8080', http)));
  return code === 0;
};

/** 1 = full scale. */
const loudest = (samples: Int16Array): number =>
  samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0) / 32_768;

const serve = (role: 'switch' | 'worker'): Promise<Running> =>
  container.start(['serve', '--role', role, '--config', file, '--set', 'node.id=image', '--json']);

test('the image is what it says: no root, the version of this checkout, and all programs that sipreel needs', async () => {
  const { code, text } = await container.exec([
    'sh',
    '-c',
    'id -u; id -g; pwd; sipreel --version; sipreel doctor --config "$0"',
    file,
  ]);
  const [user, group, place, version, ...findings] = text.trim().split('\n');
  const { version: ours } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect([user, group, place, version], text).toEqual([`${uid}`, `${uid}`, image.config.WorkingDir, ours]);
  expect(findings.join('\n')).toMatch(/^ok +ffmpeg encoders +libmp3lame, aac$/m);
  expect(findings.join('\n')).toMatch(/^ok +say_command +\/usr\/bin\/espeak-ng$/m);
  expect(code, text).toBe(0);
});

test('its command, without arguments, is the server with the configuration and the volume that the image has', async () => {
  const [command, ...args] = image.config.Cmd;
  expect([command, ...args]).toEqual(['serve', '--config', file]);
  const dir = '/var/lib/sipreel';
  expect(Object.keys(image.config.Volumes)).toEqual([dir]);
  const { code, text } = await container.exec(['sipreel', 'doctor', '--json', ...args, '--set', `data.dir=${dir}`]);
  expect(text).toContain(`${dir}/spool can be written`);
  expect(code, text).toBe(0);
});

test('switch and worker record a call, tell their health, drain at SIGTERM, and end with 0', async ({
  onTestFailed,
}) => {
  expect(await isHealthy()).toBe(false);
  const taker = await serve('switch');
  await taker.said('"ready":true');
  const maker = await serve('worker');
  onTestFailed(() => {
    process.stderr.write(`switch:\n${taker.text()}\nworker:\n${maker.text()}\n`);
  });
  await maker.said('"ready":true');
  expect(await isHealthy(), taker.text()).toBe(true);

  const phone = await createPhone({ hz: 440 });
  const dialled = await call({ target: sip, phone });
  closers.push(() => dialled.close(), phone.close);
  await dialled.answered;
  // The prompt, which the image's espeak-ng makes.
  await eventually('the prompt', () => loudest(phone.heard()) > 0.1);

  await taker.signal(image.config.StopSignal);
  await taker.said('going down: no new calls');
  expect(await isHealthy(), 'a switch that drains is left alone').toBe(true);
  await dialled.hangup();
  await sink.waitForState('image', 'finished', 30_000);
  expect(await taker.ended).toMatchObject({ code: 0 });
  expect(await isHealthy()).toBe(false);
  await maker.signal(image.config.StopSignal);
  expect(await maker.ended).toMatchObject({ code: 0 });

  const [name = 'nothing'] = (await readdir(data(), { recursive: true })).filter((each) => each.endsWith('.mp3'));
  const recorded = await decode(join(data(), name));
  const facts = await describe(join(data(), name), [440]);
  expect(channelDb(recorded, 0, 440), facts).toBeGreaterThan(-30);
  expect(loudest(cut(recorded, 1)), facts).toBeGreaterThan(0.1);
}, 120_000);
