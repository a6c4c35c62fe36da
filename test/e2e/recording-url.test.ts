import { type IncomingHttpHeaders, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ScriptStep } from '../kit/script-host.ts';
import { type Stage, startStage } from '../kit/stage.ts';

let stage: Stage;
let url: string;
let file: Buffer;

const record = (control_id: string): ScriptStep => ({ record_call: { control_id, status_url: stage.sink.url } });

beforeAll(async () => {
  stage = await startStage();
  const number = '1000';
  stage.host.serve(number, [record(number), { play: 'silence:1' }, { stop_record_call: {} }]);
  const made = await stage.dial(number);
  url = (await stage.sink.waitForState(number, 'finished')).params.url;
  await made.ended;
  file = Buffer.from(await (await fetch(url)).arrayBuffer());
});

afterAll(() => stage.close());

/** One request with the path as it is written, which fetch would tidy up. */
const get = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  new Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });

test('record_call_url gives the whole file, its length and its type', async () => {
  const { pathname } = new URL(url);
  const whole = await get(pathname);
  expect(whole.status).toBe(200);
  expect(whole.headers).toMatchObject({ 'content-type': 'audio/wav', 'accept-ranges': 'bytes' });
  expect(Number(whole.headers['content-length'])).toBe(file.length);
  expect(file.subarray(0, 4).toString()).toBe('RIFF');
  const head = await get(pathname, {}, 'HEAD');
  expect(head).toMatchObject({ status: 200, headers: { 'content-type': 'audio/wav' } });
  expect(Number(head.headers['content-length'])).toBe(file.length);
  expect(head.body).toHaveLength(0);
});

test.each([
  ['bytes=0-43', 0, 44],
  ['bytes=100-', 100, undefined],
  ['bytes=-100', -100, undefined],
])('record_call_url gives the part that %s asks for', async (range, from, to) => {
  const part = await get(new URL(url).pathname, { range });
  expect(part.status).toBe(206);
  const wanted = file.subarray(from, to);
  expect(part.body.equals(wanted)).toBe(true);
  const first = from < 0 ? file.length + from : from;
  expect(part.headers['content-range']).toBe(`bytes ${first}-${first + wanted.length - 1}/${file.length}`);
});

test('record_call_url refuses a part beyond the end with 416', async () => {
  expect((await get(new URL(url).pathname, { range: `bytes=${file.length}-` })).status).toBe(416);
});

test('record_call_url waits for a recording that is in progress', async () => {
  const { host } = stage;
  const number = '1001';
  host.serve(number, [
    ...[record(number), host.tell(number, 'begun'), { play: 'silence:1' }],
    ...[host.tell(number, 'stopping'), { stop_record_call: {} }],
  ]);
  await stage.dial(number);
  const { record_call_url } = await host.told(number, 'begun');
  const response = await fetch(record_call_url);
  expect(response.status).toBe(200);
  expect(host.allTold(number)).toEqual(['begun', 'stopping']);
  const { params } = await stage.sink.waitForState(number, 'finished');
  expect((await response.arrayBuffer()).byteLength).toBe(params.size);
});

test('record_call_url is 404 for what is no recording, and leads nowhere else', async () => {
  const { pathname } = new URL(url);
  const id = pathname.slice('/recordings/'.length, -'.wav'.length);
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  const paths = [
    '/recordings/00000000-0000-4000-8000-000000000000.wav',
    `/recordings/${id}.mp3`,
    `/recordings/${id}`,
    '/recordings/',
    '/recordings/..%2f..%2f..%2f..%2fetc%2fpasswd',
    '/recordings/../../../../etc/passwd',
    '/recordings/....//....//etc/passwd',
    '/recordings/%2e%2e/%2e%2e/package.json',
    '/recordings/..%5c..%5cpackage.json',
    `/recordings/${day}/${id}.wav`,
    `/recordings/${day.replaceAll('/', '%2f')}%2f${id}.wav`,
    `/recordings/${id}.wav%00.mp3`,
    '/recordings/%00',
    '//etc/passwd',
    '/package.json',
    '/recordings/%ff',
  ];
  for (const path of paths) {
    const { status, headers, body } = await get(path);
    expect([400, 404], `${path}: ${status} ${body}`).toContain(status);
    expect(headers['content-type'], path).toMatch(/^application\/(problem\+)?json/);
    expect(body.toString(), path).not.toMatch(/root:|"dependencies"/);
  }
});
