import type { Capture } from '../../recorder/capture/capture.ts';
import type { EncodeQueue } from '../../recorder/encode/queue.ts';
import type { Live } from '../../recorder/live/live.ts';
import type { Deliveries } from '../../recorder/notify/deliveries.ts';
import type { Notifier } from '../../recorder/notify/queue.ts';
import type { RecorderObserver } from '../../recorder/observed.ts';
import type { SpoolRoom } from '../../recorder/spool/room.ts';
import type { CallDirectory } from '../../switch/directory/call-directory.ts';
import type { SwitchHealth } from '../../switch/health.ts';
import type { OnRefused } from '../../switch/sip/refuse.ts';
import { createMeters, type MetricValues, type Sample } from './meters.ts';
import { readUdpErrors } from './udp-errors.ts';

/** What is looked at when metrics are asked for. */
export interface SwitchMetricsSources {
  readonly health: () => SwitchHealth;
  readonly ready: () => boolean;
  readonly redisReady: () => boolean;
  readonly capture: Pick<Capture, 'stats'>;
  readonly queue: Pick<EncodeQueue, 'counts' | 'oldestMs'>;
  readonly deliveries: Pick<Deliveries, 'counts'>;
  readonly notifier: Pick<Notifier, 'kept'>;
  readonly live: Pick<Live, 'listeners'>;
  readonly room: Pick<SpoolRoom, 'free'>;
  readonly spoolRefuseBytes: number;
  /** The worker that this process has started. */
  readonly worker?: WorkerState | undefined;
}

/** A worker process, as its parent sees it. */
export interface WorkerState {
  pid(): number | undefined;
  restarts(): number;
}

/** The metrics of a process that takes calls: what it is told of, and what it looks at when it is asked. */
export interface SwitchMetrics {
  readonly recorder: RecorderObserver;
  readonly onInvite: () => void;
  readonly onRefused: OnRefused;
  /** The same directory, which is told of each call as it changes. */
  watchCalls(directory: Pick<CallDirectory, 'tell'>): Pick<CallDirectory, 'tell'>;
  /** Once all parts are there. */
  look(sources: SwitchMetricsSources): void;
  values(): Promise<MetricValues>;
}

const results = ['completed', 'hangup', 'caller_hung_up', 'cancelled', 'script_error', 'failed'] as const;

const byState = (counts: Readonly<Record<string, number>>): readonly Sample[] =>
  Object.entries(counts).map(([state, value]) => ({ value, labels: { state } }));

export const createSwitchMetrics = (): SwitchMetrics => {
  const meters = createMeters('switch');
  const invites = meters.counter('sipreel_invites_total');
  const invitesRefused = meters.counter('sipreel_invites_refused_total');
  const ended = meters.counter('sipreel_calls_total');
  // What is there from the start can be compared with from the start.
  for (const result of results) ended.inc({ result }, 0);
  const duration = meters.histogram('sipreel_call_duration_seconds');
  const started = meters.counter('sipreel_recordings_started_total');
  const refused = meters.counter('sipreel_recordings_refused_total');
  const captured = meters.counter('sipreel_recordings_captured_total');
  const start = meters.histogram('sipreel_recording_start_seconds');
  const running = new Map<string, 'recording' | 'paused'>();

  const recorder: RecorderObserver = {
    started({ id, record }, tookMs) {
      running.set(id, 'recording');
      started.inc({ format: record.format });
      start.observe(tookMs / 1000);
    },
    refused: (_parameters, { code }) => refused.inc({ code }),
    turned: ({ id }, turn) => void running.set(id, turn),
    captured({ id }, end_reason) {
      running.delete(id);
      captured.inc({ end_reason });
    },
  };

  const look: SwitchMetrics['look'] = (sources) => {
    const { capture, health } = sources;
    const one = (value: number): readonly Sample[] => [{ value }];
    const up = (ok: boolean): number => (ok ? 1 : 0);

    meters.gaugedBy('sipreel_redis_up', () => [{ value: up(sources.redisReady()), labels: { role: 'switch' } }]);
    meters.gaugedBy('sipreel_ready', () => one(up(sources.ready())));
    meters.gaugedBy('sipreel_draining', () => one(up(!health().accepting)));
    const { worker } = sources;
    meters.gaugedBy('sipreel_worker_up', () => (worker ? one(up(worker.pid() !== undefined)) : []));
    meters.countedBy('sipreel_worker_restarts_total', () => (worker ? one(worker.restarts()) : []));
    meters.gaugedBy('sipreel_drachtio_up', () =>
      health().drachtio.map(({ address, ok }) => ({ value: up(ok), labels: { address } })),
    );
    meters.gaugedBy('sipreel_rtpengine_up', () =>
      health().rtpengine.map(({ address, ok }) => ({ value: up(ok), labels: { address } })),
    );
    meters.gaugedBy('sipreel_rtpengine_calls', () =>
      health().rtpengine.map(({ address, calls }) => ({ value: calls, labels: { address } })),
    );
    meters.gaugedBy('sipreel_trunk_up', () =>
      health().trunks.map(({ name, up: ok }) => ({ value: up(ok), labels: { trunk: name } })),
    );
    meters.gaugedBy('sipreel_trunk_calls', () =>
      health().trunks.flatMap(({ name: trunk, inbound_calls, outbound_calls }) => [
        { value: inbound_calls, labels: { trunk, direction: 'inbound' } },
        { value: outbound_calls, labels: { trunk, direction: 'outbound' } },
      ]),
    );
    meters.gaugedBy('sipreel_calls_active', () => one(health().calls));
    meters.gaugedBy('sipreel_recordings_active', () => {
      const paused = [...running.values()].filter((state) => state === 'paused').length;
      return byState({ recording: running.size - paused, paused });
    });

    const counted = [
      ['sipreel_capture_packets_total', 'packets'],
      ['sipreel_capture_bytes_total', 'bytes'],
      ['sipreel_capture_dropped_packets_total', 'dropped'],
      ['sipreel_capture_malformed_packets_total', 'malformed'],
      ['sipreel_capture_foreign_packets_total', 'strangers'],
    ] as const;
    for (const [name, count] of counted) meters.countedBy(name, () => one(capture.stats()[count]));
    const ofThreads = (value: (thread: ReturnType<Capture['stats']>['threads'][number]) => number) => () =>
      capture.stats().threads.map((thread, slot) => ({ value: value(thread), labels: { thread: String(slot) } }));
    meters.gaugedBy(
      'sipreel_capture_thread_up',
      ofThreads(({ alive }) => up(alive)),
    );
    meters.countedBy(
      'sipreel_capture_thread_busy_seconds_total',
      ofThreads(({ activeMs }) => activeMs / 1000),
    );
    meters.gaugedBy(
      'sipreel_capture_thread_lag_seconds',
      ofThreads(({ strain }) => strain.loop.p99Ms / 1000),
    );
    meters.gaugedBy(
      'sipreel_spool_write_underway_seconds',
      ofThreads(({ strain }) => strain.writes.underWayMs / 1000),
    );
    meters.measuredBy('sipreel_spool_write_seconds', () =>
      capture.stats().threads.map(({ strain: { writes } }, slot) => ({
        ...{ labels: { thread: String(slot) }, count: writes.count, sum: writes.totalMs / 1000 },
        within: writes.within,
      })),
    );
    meters.countedBy('sipreel_udp_receive_errors_total', readUdpErrors);

    meters.gaugedBy('sipreel_spool_free_bytes', () => one(sources.room.free()));
    meters.gaugedBy('sipreel_spool_refuse_bytes', () => one(sources.spoolRefuseBytes));
    meters.gaugedBy('sipreel_encode_jobs', async () => byState(await sources.queue.counts()));
    meters.gaugedBy('sipreel_encode_queue_age_seconds', async () => one((await sources.queue.oldestMs()) / 1000));
    meters.gaugedBy('sipreel_deliveries', async () => byState(await sources.deliveries.counts()));
    meters.gaugedBy('sipreel_events_in_memory', () => one(sources.notifier.kept()));
    meters.gaugedBy('sipreel_live_listeners', () => one(sources.live.listeners()));
  };

  return {
    recorder,
    onInvite: () => invites.inc(),
    onRefused: (code) => invitesRefused.inc({ code }),
    watchCalls: (directory) => ({
      tell(call) {
        directory.tell(call);
        const { state, result, answer_time, end_time } = call;
        if (state !== 'ended' || result === undefined) return;
        ended.inc({ result });
        if (answer_time !== undefined && end_time !== undefined) duration.observe(end_time - answer_time);
      },
    }),
    look,
    values: meters.values,
  };
};
