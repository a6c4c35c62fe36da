import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { deathWrapper } from '../../src/embedded/program.ts';
import { type DecodedFile, decode, describe, levelsDb } from '../kit/files.ts';
import { callsIn } from '../kit/leftovers.ts';
import { createOutsideRtpengine, createOutsideSip, type OutsidePart } from '../kit/outside-parts.ts';
import { installPacked, type PackedProject } from '../kit/packed.ts';
import { createPhone, type Phone } from '../kit/phone.ts';
import { type Callee, createCallee } from '../kit/sip-callee.ts';
import { call } from '../kit/sip-ua.ts';
import { createStatusSink, type StatusSink } from '../kit/status-sink.ts';
import { eventually } from '../parts/eventually.ts';
import { startRedis, type TestRedis } from '../parts/redis.ts';

const run = promisify(execFile);
const [callerHz, calleeHz] = [440, 900];

let project: PackedProject;
let redis: TestRedis;
let rtpengine: OutsidePart;
let sip: Awaited<ReturnType<typeof createOutsideSip>>;
let callee: Callee;
let calleePhone: Phone;
let sink: StatusSink;
let closeExample: () => Promise<void> = async () => undefined;

beforeAll(async () => {
  [project, redis, rtpengine, sip, calleePhone, sink] = await Promise.all([
    installPacked(),
    startRedis(),
    createOutsideRtpengine(),
    createOutsideSip(),
    createPhone({ hz: calleeHz }),
    createStatusSink(),
  ]);
  callee = await createCallee({ phone: calleePhone });
  await Promise.all([rtpengine.start(), sip.start()]);
});

afterEach(() => closeExample());

afterAll(async () => {
  await Promise.all([callee.close(), calleePhone.close(), sink.close()]);
  await Promise.all([rtpengine.close(), sip.close(), redis.stop(), project.close()]);
});

/** Runs an example as its first lines say, with the parts of this test. */
const runExample = async (name: string) => {
  const [command = process.execPath, ...rest] = [...(await deathWrapper()), process.execPath, name];
  const child: ChildProcess = spawn(command, rest, {
    cwd: project.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...{ CALLEE: callee.uri, DRACHTIO: sip.address, SECRET: sip.secret, STATUS_URL: sink.url },
      ...{ RTPENGINE: rtpengine.address, REDIS: redis.url, DATA: join(project.folder, `data-${name}`) },
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const stop = async () => {
    child.kill('SIGTERM');
    const [code] = await exited;
    return code;
  };
  closeExample = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  const waitFor = (words: string): Promise<unknown> =>
    eventually(words, () => output.includes(words)).catch((cause: unknown) => {
      throw new Error(`${name} did not say "${words}":\n${output}`, { cause });
    });
  await waitFor('takes calls at');
  return { text: () => output, waitFor, stop };
};

const dial = async (phone: Phone) => {
  const made = await call({ target: sip.sip, phone, to: '1000' });
  await made.answered;
  await phone.waitUntilHears(calleeHz);
  return made;
};

/** Left has the caller and nothing of the callee, right the callee and nothing of the caller. */
const expectBothSides = async (file: string): Promise<DecodedFile> => {
  const sound = await decode(file);
  const print = await describe(file, [callerHz, calleeHz]);
  for (const [channel, own, other] of [
    [0, callerHz, calleeHz],
    [1, calleeHz, callerHz],
  ] as const) {
    // Its first and last quarters of a second are beginning and end of the sound.
    expect(Math.min(...levelsDb(sound, channel, own, 0.25, -0.25)), print).toBeGreaterThan(-30);
    expect(Math.max(...levelsDb(sound, channel, other)), print).toBeLessThan(-60);
  }
  return sound;
};

/** The size of the file with this name in an example's data folder; 0 if there is none. */
const bytesOf = (example: string, name: string): number => {
  const folder = join(project.folder, `data-${example}`);
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) => basename(path) === name);
  return found === undefined ? 0 : statSync(join(folder, found)).size;
};

const noCalls = async (): Promise<boolean> => {
  const [host = '', port] = rtpengine.address.split(':');
  return (await callsIn({ host, port: Number(port) })).length === 0;
};

test('each example is short and says how to try it', () => {
  for (const name of readdirSync('docs/examples')) {
    const lines = readFileSync(join('docs/examples', name), 'utf8').trimEnd().split('\n');
    expect(lines.length, name).toBeLessThan(60);
    expect(lines.slice(0, 8).join('\n'), name).toContain(`node ${name}`);
  }
});

test('the package holds the program, the recorder and its types, and lets nobody in by another door', async () => {
  const kinds = new Set(project.files.map((file) => file.split('/')[0]));
  expect([...kinds].sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'config', 'dist', 'package.json']);
  expect(project.files.filter((file) => /\.(map|tsbuildinfo)$|(^|\/)(test|bench)\//.test(file))).toEqual([]);
  expect(project.files.filter((file) => file.startsWith('dist/') && file.endsWith('.lua')).length).toBeGreaterThan(5);

  const node = (code: string) => run(process.execPath, ['--input-type=module', '-e', code], { cwd: project.folder });
  await expect(node("await import('sipreel/dist/app.js')")).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  const help = await run(process.execPath, ['node_modules/sipreel/dist/main.js', 'help'], { cwd: project.folder });
  expect(help.stdout).toContain('sipreel');

  // Types, as a strict project sees them.
  await writeFile(
    join(project.folder, 'typed.ts'),
    `import { createRecorder, type RecordingRecord, recordBridges } from 'sipreel';
const recorder = await createRecorder({ redis: 'redis://127.0.0.1', rtpengine: '127.0.0.1:22222', dir: 'data' });
const recording = await recorder.start({ callId: 'a', partyTag: 'b', peerTag: 'c' }, { format: 'mp3' });
const record: RecordingRecord | undefined = await recording.ended();
// @ts-expect-error: there is no such format.
await recorder.start({ callId: 'a', partyTag: 'b', peerTag: 'c' }, { format: 'ogg' });
export default [record?.file, recordBridges({ recorder })];
`,
  );
  await run(
    process.execPath,
    [
      join(process.cwd(), 'node_modules/typescript/bin/tsc'),
      ...['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext', 'typed.ts'],
      ...['--types', 'node', '--typeRoots', join(process.cwd(), 'node_modules/@types')],
    ],
    { cwd: project.folder },
  ).catch((error: unknown) => {
    throw new Error(`typed.ts does not compile: ${(error as { stdout?: string }).stdout}`);
  });
});

test('record-a-call: a call that another application bridges becomes a file, each side on its channel', async () => {
  const example = await runExample('record-a-call.mjs');
  const phone = await createPhone({ hz: callerHz });
  const made = await dial(phone);
  await eventually('sound to be on disk', () => bytesOf('record-a-call.mjs', 'speak.rtp') > 1000);
  await phone.speakFor(1.5);
  expect(await made.hangup()).toBe(200);
  await example.waitFor('finished: ');
  const [, seconds, file = ''] = /finished: ([\d.]+) s in (\S+)/.exec(example.text()) ?? [];
  const { durationS } = await expectBothSides(file);
  expect(durationS).toBeCloseTo(Number(seconds), 1);
  expect(durationS).toBeGreaterThan(1.4);
  await eventually('rtpengine to be rid of it', noCalls);
  expect(await example.stop(), example.text()).toBe(0);
  await Promise.all([made.close(), phone.close()]);
});

test('record-bridges: the middleware follows re-INVITE and INFO, and its events come', async () => {
  const example = await runExample('record-bridges.mjs');
  const phone = await createPhone({ hz: callerHz });
  const made = await dial(phone);
  await sink.waitFor('the beginning', (post) => post.body.includes('"state":"recording"'));
  expect((await made.reinvite(phone.sdp())).status).toBe(200);
  await phone.speakFor(1.5);
  // drachtio-srf answers INFO by itself where nobody listens, and so does the middleware in its place.
  expect(await made.info('Signal=#\r\nDuration=160\r\n', 'application/dtmf-relay')).toBe(200);
  const { json } = await sink.waitFor('the end', (post) => post.body.includes('"state":"finished"'));
  const { params } = json as { params: { recording_id: string; end_reason: string; url: string } };
  expect(params).toMatchObject({ end_reason: 'terminator', url: `urn:uuid:${params.recording_id}` });
  const data = join(project.folder, 'data-record-bridges.mjs');
  const mp3 = readdirSync(data, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.mp3')) ?? '';
  await expectBothSides(join(data, mp3));
  expect(readdirSync(data).filter((name) => name.startsWith('worker-'))).toHaveLength(1);

  const [bridged] = callee.calls.slice(-1);
  await bridged?.hangup();
  expect(await made.ended).toBe('server');
  await eventually('rtpengine to be rid of it', noCalls);
  expect(await example.stop(), example.text()).toBe(0);
  // The worker's configuration, which may name secrets, is gone with it.
  expect(readdirSync(data).filter((name) => name.startsWith('worker-'))).toEqual([]);
  await Promise.all([made.close(), phone.close()]);
});
