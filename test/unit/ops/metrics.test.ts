import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { type MetricFacts, metricFacts } from '../../../src/ops/metrics/facts.ts';
import { createMeters, metricsText } from '../../../src/ops/metrics/meters.ts';
import { createSwitchMetrics, type SwitchMetricsSources } from '../../../src/ops/metrics/switch-metrics.ts';
import { receiveErrorsV4, receiveErrorsV6 } from '../../../src/ops/metrics/udp-errors.ts';
import { createWorkerMetrics } from '../../../src/ops/metrics/worker-metrics.ts';
import { createCounts } from '../../../src/recorder/track/report.ts';
import { recordOf } from '../../parts/registry/registries.ts';

const sources = (more: Partial<SwitchMetricsSources> = {}): SwitchMetricsSources => ({
  health: () => ({
    accepting: true,
    calls: 3,
    drachtio: [{ address: 'd:1', ok: true, calls: 3 }],
    rtpengine: [{ address: 'r:1', ok: false, calls: 0 }],
    trunks: [{ name: 'carrier', up: false, inbound_calls: 2, outbound_calls: 1 }],
  }),
  ready: () => true,
  redisReady: () => true,
  capture: {
    stats: () => ({
      ...{ recordings: 1, packets: 500, bytes: 86_000, strangers: 1, malformed: 2, dropped: 4 },
      threads: [
        {
          ...{ alive: true, recordings: 1, activeMs: 1500, idleMs: 100 },
          strain: {
            writes: { count: 9, totalMs: 500, within: [5, 8, 8, 8, 8, 8, 9, 9], underWayMs: 700 },
            loop: { p99Ms: 3, maxMs: 4 },
          },
        },
      ],
    }),
  },
  queue: { counts: async () => ({ waiting: 1, delayed: 2, active: 0, failed: 3 }), oldestMs: async () => 4000 },
  deliveries: { counts: async () => ({ waiting: 1, delivering: 0, failed: 2 }) },
  notifier: { kept: () => 5 },
  live: { listeners: () => 1 },
  room: { free: () => 1e9 },
  spoolRefuseBytes: 5e8,
  worker: { pid: () => 17, restarts: () => 1 },
  ...more,
});

const recording = (id: string) =>
  ({ id, record: recordOf({ recording_id: id }) }) as Parameters<
    ReturnType<typeof createSwitchMetrics>['recorder']['started']
  >[0];

/** A node whose switch and worker have done a little of everything. */
const scrape = async (more?: Partial<SwitchMetricsSources>): Promise<string> => {
  const taken = createSwitchMetrics();
  taken.look(sources(more));
  taken.onInvite();
  taken.onRefused('calls_limit');
  const call = { call_id: 'c', node_id: 'n', direction: 'inbound', from: '+1', to: '2', start_time: 1 } as const;
  const told: string[] = [];
  const directory = taken.watchCalls({ tell: ({ state }) => told.push(state) });
  directory.tell({ ...call, state: 'created' });
  directory.tell({ ...call, state: 'ended', result: 'hangup', answer_time: 2, end_time: 14 });
  expect(told).toEqual(['created', 'ended']);
  taken.recorder.started(recording('a'), 30);
  taken.recorder.started(recording('b'), 30);
  taken.recorder.turned(recording('b'), 'paused');
  taken.recorder.started(recording('c'), 30);
  taken.recorder.captured(recording('c'), 'hangup');
  taken.recorder.refused({} as never, new SipreelError('spool_room_low', 'no room'));

  const worker = createWorkerMetrics({ redisReady: () => false, now: () => 21_000 });
  const report = { ...createCounts(), packets: 100, lost: 3, late: 1, jitterMs: 12 };
  worker.encode.rendered({ speak: report, listen: { ...report, lost: 0 } });
  worker.encode.failed('a', 'storage_failed');
  worker.encode.failed('b', 'storage_failed');
  worker.encode.stored({ recording_id: 'b', format: 'wav' }, 40);
  const outcome = { state: 'finished', end_reason: 'stop', end_time: 20.5, duration: 9, size: 1, channels: 1 } as const;
  worker.encode.ended(recordOf({ format: 'wav' }), outcome);
  worker.encode.ended(recordOf({ format: 'wav' }), { ...outcome, state: 'error', end_reason: 'error', end_time: 1 });
  worker.deliveries.attempted('dead', 20);
  worker.storage.done('put', 20, 1234);
  worker.storage.failed('put');
  const { text, type } = await metricsText([await taken.values(), await worker.values()]);
  expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
  return text;
};

test('each metric of a node is in docs/16-metrics.md, with its type and labels, and the other way round', async () => {
  const text = await scrape();
  const types = new Map([...text.matchAll(/^# TYPE (sipreel_\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]));
  const labelsOf = (name: string): string[] => {
    const samples = text.matchAll(new RegExp(`^${name}(?:_bucket)?\\{([^}]*)\\}`, 'gm'));
    const names = [...samples].flatMap(([, inside = '']) => [...inside.matchAll(/(\w+)="/g)].map(([, label]) => label));
    return [...new Set(names.filter((label) => label !== undefined && label !== 'le') as string[])].sort();
  };
  const scraped = [...types].map(([name = '', type]) => ({ name, type, labels: labelsOf(name) }));
  const rows = [...readFileSync('docs/16-metrics.md', 'utf8').matchAll(/^\| `(sipreel_\w+)` \| (\w+) \| ([^|]*) \|/gm)];
  const documented = rows.map(([, name = '', type, labels = '']) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort(),
  }));
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
  expect(scraped.sort(byName)).toEqual(documented.sort(byName));
});

test.each(Object.entries(metricFacts as Readonly<Record<string, MetricFacts>>))(
  '%s is named as Prometheus has it',
  (name, { type, meaning, advice }) => {
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(name).not.toMatch(/_(ms|milliseconds|kb|megabytes|percent|minutes)(_|$)/);
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    for (const text of [meaning, advice]) expect(text).toMatch(/\.$/);
  },
);

test('what was told and what is looked at is what a scrape says', async () => {
  const text = await scrape();
  for (const line of [
    'sipreel_calls_active 3',
    'sipreel_calls_total{result="hangup"} 1',
    'sipreel_calls_total{result="failed"} 0',
    'sipreel_call_duration_seconds_sum 12',
    'sipreel_invites_refused_total{code="calls_limit"} 1',
    'sipreel_recordings_active{state="recording"} 1',
    'sipreel_recordings_active{state="paused"} 1',
    'sipreel_recordings_refused_total{code="spool_room_low"} 1',
    'sipreel_rtpengine_up{address="r:1"} 0',
    'sipreel_trunk_calls{trunk="carrier",direction="inbound"} 2',
    'sipreel_capture_packets_total 500',
    'sipreel_capture_thread_busy_seconds_total{thread="0"} 1.5',
    'sipreel_spool_write_seconds_bucket{thread="0",le="0.02"} 8',
    'sipreel_spool_write_seconds_bucket{thread="0",le="+Inf"} 9',
    'sipreel_spool_write_seconds_sum{thread="0"} 0.5',
    'sipreel_spool_write_underway_seconds{thread="0"} 0.7',
    'sipreel_encode_queue_age_seconds 4',
    'sipreel_worker_restarts_total 1',
    'sipreel_redis_up{role="switch"} 1',
    'sipreel_redis_up{role="worker"} 0',
    'sipreel_media_lost_packets_total{track="speak"} 3',
    'sipreel_recordings_total{state="error",end_reason="error"} 1',
    'sipreel_stop_to_ready_seconds_sum{format="wav"} 0.5',
    'sipreel_stop_to_ready_seconds_count{format="wav"} 1',
    'sipreel_storage_owed_recordings 1',
    'sipreel_storage_bytes_total 1234',
    'sipreel_deliveries_total{result="dead"} 1',
  ]) {
    expect(text.split('\n'), line).toContain(line);
  }
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds\{role="switch"\}/m);
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds\{role="worker"\}/m);
});

test('while Redis is away, what it knows has no value and all the rest is there', async () => {
  const away = async (): Promise<never> => {
    throw new SipreelError('redis_away', 'away');
  };
  const text = await scrape({ queue: { counts: away, oldestMs: away }, deliveries: { counts: away } });
  expect(text).not.toMatch(/^sipreel_(encode_jobs|encode_queue_age_seconds|deliveries)[{ ]/m);
  expect(text).toContain('sipreel_calls_active 3');
});

test('a metric of one process alone is a whole exposition too', async () => {
  const meters = createMeters('worker');
  meters.counter('sipreel_storage_bytes_total').inc(7);
  const { text } = await metricsText([await meters.values()]);
  expect(text).toContain('# TYPE sipreel_storage_bytes_total counter\nsipreel_storage_bytes_total 7\n');
});

test('packets of keys, which have an SSRC of their own, do not count as lost voice', async () => {
  const worker = createWorkerMetrics({ redisReady: () => true });
  const report = { ...createCounts(), packets: 100, lost: 23, events: 20 };
  worker.encode.rendered({ speak: { ...report, ssrcs: [1, 2] }, listen: { ...report, ssrcs: [3] } });
  const { text } = await metricsText([await worker.values()]);
  expect(text).toContain('sipreel_media_lost_packets_total{track="speak"} 3\n');
  expect(text).toContain('sipreel_media_lost_packets_total{track="listen"} 23\n');
});

test('the receive errors of Linux are read by their names', () => {
  const snmp =
    'Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors\nUdp: 10 1 2 20 3\nUdpLite: A\nUdpLite: 9\n';
  expect([receiveErrorsV4(snmp), receiveErrorsV4('')]).toEqual([3, undefined]);
  expect([receiveErrorsV6('Udp6InErrors 1\nUdp6RcvbufErrors   \t4\n'), receiveErrorsV6('')]).toEqual([4, undefined]);
});
