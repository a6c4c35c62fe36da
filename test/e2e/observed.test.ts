import { afterAll, beforeAll, expect, test } from 'vitest';
import { metricFacts } from '../../src/ops/metrics/facts.ts';
import { type Stage, startStage } from '../kit/stage.ts';
import { eventually } from '../parts/eventually.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

const scrape = async (): Promise<string> => (await fetch(`${stage.server.http}/metrics`)).text();

/** The value of a sample, as it is written; undefined if there is none. */
const sampleOf = (text: string, sample: string): number | undefined => {
  const line = text.split('\n').find((each) => each.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length + 1));
};

test('one call is in the metrics of its node, those of the worker among them', async () => {
  stage.host.serve('4711', [
    'answer',
    { record_call: { control_id: 'whole', status_url: stage.sink.url } },
    stage.host.tell('4711', 'begun'),
    { play: 'silence:60' },
  ]);
  const caller = await stage.dial('4711');
  await stage.host.told('4711', 'begun');
  const during = await eventually('packets to be captured', async () => {
    const text = await scrape();
    return (sampleOf(text, 'sipreel_capture_packets_total') ?? 0) > 20 && text;
  });
  expect(sampleOf(during, 'sipreel_calls_active')).toBe(1);
  expect(sampleOf(during, 'sipreel_recordings_active{state="recording"}')).toBe(1);
  await caller.hangup();

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
  expect(sampleOf(after, 'sipreel_media_lost_packets_total{track="speak"}')).toBe(0);
  expect(sampleOf(after, 'sipreel_stop_to_ready_seconds_sum{format="wav"}')).toBeLessThan(10);
  expect(sampleOf(after, 'sipreel_storage_bytes_total')).toBeGreaterThan(1000);
  const names = [...after.matchAll(/^# TYPE (sipreel_\w+) /gm)].map(([, name]) => name);
  expect(names.sort()).toEqual(Object.keys(metricFacts).sort());
});
