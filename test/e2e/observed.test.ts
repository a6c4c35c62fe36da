import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { metricFacts } from '../../src/ops/metrics/facts.ts';
import { type Stage, startStage } from '../kit/stage.ts';
import { eventually } from '../parts/eventually.ts';

/** One server, as an operator with Prometheus, a log that must hold no numbers, and traces has it. */
let stage: Stage;
let folder: string;

const caller = '491511234567';
const called = '4930123456';
const dialled = '4940999888';
const pressed = '7395';
const usRingingHz = 480;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipreel-spans-'));
  const tracer = new URL('../kit/span-file.mjs', import.meta.url).href;
  stage = await startStage({
    set: { 'log.level': 'debug', 'log.redact': '[numbers, digits]' },
    env: { NODE_OPTIONS: `--import=${tracer}`, SPAN_FILE: join(folder, 'spans') },
  });
});
afterAll(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
});

const scrape = async (): Promise<string> => (await fetch(`${stage.server.http}/metrics`)).text();

/** The value of a sample, as it is written; undefined if there is none. */
const sampleOf = (text: string, sample: string): number | undefined => {
  const line = text.split('\n').find((each) => each.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length + 1));
};

test('one call is in the metrics of its node, those of the worker among them', async () => {
  stage.host.serve(`+${called}`, [
    'answer',
    { record_call: { control_id: 'whole', status_url: stage.sink.url, terminators: '#' } },
    { connect: { to: `+${dialled}` } },
    stage.host.tell(`+${called}`, 'begun'),
    { prompt: { play: 'ring:60:us', max_digits: pressed.length } },
    stage.host.tell(`+${called}`, 'pressed', ['prompt_value']),
    { play: 'silence:60' },
  ]);
  const call = await stage.dial(`+${called}`, { from: `+${caller}` });
  await stage.host.told(`+${called}`, 'begun');
  // A prompt hears keys from its own begin on.
  await call.phone.waitUntilHears(usRingingHz);
  for (const key of pressed) await call.phone.sendDigit(key, 60);
  expect((await stage.host.told(`+${called}`, 'pressed')).more.prompt_value).toBe(pressed);
  const during = await eventually('packets to be captured', async () => {
    const text = await scrape();
    return (sampleOf(text, 'sipreel_capture_packets_total') ?? 0) > 20 && text;
  });
  expect(sampleOf(during, 'sipreel_calls_active')).toBe(1);
  expect(sampleOf(during, 'sipreel_recordings_active{state="recording"}')).toBe(1);
  await call.hangup();

  const after = await eventually('the event to be delivered', async () => {
    const text = await scrape();
    return sampleOf(text, 'sipreel_deliveries_total{result="ok"}') === 2 && text;
  });
  const found = Object.fromEntries(
    [
      'sipreel_calls_active',
      'sipreel_recordings_active{state="recording"}',
      'sipreel_calls_total{result="caller_hung_up"}',
      'sipreel_invites_total',
      'sipreel_recordings_captured_total{end_reason="hangup"}',
      'sipreel_recordings_total{state="finished",end_reason="hangup"}',
      'sipreel_stop_to_ready_seconds_count{format="wav"}',
      'sipreel_recording_start_seconds_count',
      'sipreel_encode_jobs{state="failed"}',
      'sipreel_worker_up',
      'sipreel_worker_restarts_total',
      'sipreel_ready',
    ].map((sample) => [sample, sampleOf(after, sample)]),
  );
  expect(found).toEqual({
    sipreel_calls_active: 0,
    'sipreel_recordings_active{state="recording"}': 0,
    'sipreel_calls_total{result="caller_hung_up"}': 1,
    sipreel_invites_total: 1,
    'sipreel_recordings_captured_total{end_reason="hangup"}': 1,
    'sipreel_recordings_total{state="finished",end_reason="hangup"}': 1,
    'sipreel_stop_to_ready_seconds_count{format="wav"}': 1,
    sipreel_recording_start_seconds_count: 1,
    'sipreel_encode_jobs{state="failed"}': 0,
    sipreel_worker_up: 1,
    sipreel_worker_restarts_total: 0,
    sipreel_ready: 1,
  });
  expect(sampleOf(after, 'sipreel_media_packets_total{track="speak"}')).toBeGreaterThan(10);
  // Keys were pressed: their packets come with an SSRC of their own, and are not lost where the voice misses them.
  expect(sampleOf(after, 'sipreel_media_lost_packets_total{track="speak"}')).toBe(0);
  expect(sampleOf(after, 'sipreel_stop_to_ready_seconds_sum{format="wav"}')).toBeLessThan(10);
  expect(sampleOf(after, 'sipreel_storage_bytes_total')).toBeGreaterThan(1000);
  const names = [...after.matchAll(/^# TYPE (sipreel_\w+) /gm)].map(([, name]) => name);
  expect(names.sort()).toEqual(Object.keys(metricFacts).sort());
});

/** Lines of no call: of outside parts, in their own words, and of a machine that is busy with something else. */
const ofNoCall = ['an embedded part says', 'prompts stood still: the process was blocked'];

test('each line of its log names the call, each of its recording names that too', async () => {
  // The file's last note may come after the event that tells of it.
  await stage.server.waitForLog('the end of the job', ({ msg }) => msg === 'recording stored');
  const { logs } = stage.server;
  const first = logs.findIndex(({ msg }) => msg === 'INVITE');
  const lines = logs.slice(first).filter(({ msg = '' }) => !ofNoCall.includes(msg));
  const { call_id } = lines[0] ?? {};
  expect(lines.length).toBeGreaterThan(20);
  expect(lines.filter((line) => line.call_id !== call_id)).toEqual([]);
  const { recording_id } = lines.find(({ msg }) => msg === 'recording') ?? {};
  const words = ['recording', 'first packet', 'captured', 'the file is encoded', 'recording stored'];
  const ofRecording = lines.filter((line) => line.control_id !== undefined || words.includes(line.msg ?? ''));
  expect(new Set(ofRecording.map(({ msg }) => msg))).toEqual(new Set(words));
  expect(ofRecording.filter((line) => line.recording_id !== recording_id || recording_id === undefined)).toEqual([]);
  const delivered = lines.filter(({ msg }) => msg === 'status event delivered');
  expect(delivered.map((line) => line.recording_id)).toEqual([recording_id, recording_id]);
});

test('no number of its call stands in the log, and no key that was pressed', () => {
  const text = stage.server.logs.map((line) => JSON.stringify(line)).join('\n');
  for (const number of [caller, called, dialled]) expect(text).not.toContain(number);
  expect(text).not.toMatch(new RegExp(`(?<![\\w.:-])${pressed}(?![\\w.-])`));
  const invite = stage.server.logs.find(({ msg }) => msg === 'INVITE');
  expect(invite).toMatchObject({ from: 'sip:[number]@127.0.0.1', to: 'sip:[number]@127.0.0.1' });
});

interface SpanLine {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent?: string;
  readonly pid: number;
}

test('its spans are one trace, over the queues into the worker', async () => {
  const read = async (): Promise<SpanLine[]> =>
    (await readFile(join(folder, 'spans'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as SpanLine);
  const spans = await eventually('the span of the call', async () => {
    const found = await read();
    const all = ['call', 'encode', 'delivery'].every((wanted) => found.some(({ name }) => name === wanted));
    return all && found;
  });
  const nameOf = (spanId: string | undefined): string | undefined => spans.find((span) => span.spanId === spanId)?.name;
  const tree = spans.map(({ name, parent }) => `${nameOf(parent) ?? '-'} > ${name}`);
  expect(tree.filter((edge) => !edge.includes('method request')).sort()).toEqual([
    '- > call',
    'call > delivery',
    'call > method answer',
    'call > method connect',
    'call > method play',
    'call > method prompt',
    'call > method record_call',
    'call > recording',
    'encode > delivery',
    'recording > encode',
  ]);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const call = spans.find(({ name }) => name === 'call');
  expect(call?.attributes).toMatchObject({ result: 'caller_hung_up' });
  expect(spans.find(({ name }) => name === 'encode')?.pid).not.toBe(call?.pid);
  expect(JSON.stringify(spans)).not.toContain(caller);
});
