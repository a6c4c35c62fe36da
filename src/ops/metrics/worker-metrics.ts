import type { EncodeObserver } from '../../recorder/encode/observer.ts';
import type { DeliveryObserver } from '../../recorder/notify/observer.ts';
import type { StorageObserver } from '../../recorder/storage/observed.ts';
import type { TrackReport } from '../../recorder/track/report.ts';
import { createMeters, type MetricValues } from './meters.ts';

/** The metrics of a process that makes files and delivers events. */
export interface WorkerMetrics {
  readonly encode: EncodeObserver;
  readonly deliveries: DeliveryObserver;
  readonly storage: StorageObserver;
  values(): Promise<MetricValues>;
}

export interface WorkerMetricsSources {
  readonly redisReady: () => boolean;
  /** Unix milliseconds. Default: Date.now. */
  readonly now?: () => number;
}

/**
 * rtpengine gives a key's packets an SSRC of their own, with sequence numbers of the voice's row: there they seem to be lost,
 * and are not.
 */
const lostOf = ({ lost, events, ssrcs }: TrackReport): number => (ssrcs.length > 1 ? Math.max(0, lost - events) : lost);

const operations = ['put', 'find', 'note', 'read', 'remove'] as const;

export const createWorkerMetrics = ({ redisReady, now = Date.now }: WorkerMetricsSources): WorkerMetrics => {
  const meters = createMeters('worker');
  const recordings = meters.counter('sipreel_recordings_total');
  recordings.inc({ state: 'error', end_reason: 'error' }, 0);
  const seconds = meters.counter('sipreel_recorded_seconds_total');
  const stopToReady = meters.histogram('sipreel_stop_to_ready_seconds');
  const encode = meters.histogram('sipreel_encode_seconds');
  const failures = meters.counter('sipreel_encode_failures_total');
  const packets = meters.counter('sipreel_media_packets_total');
  const lost = meters.counter('sipreel_media_lost_packets_total');
  const late = meters.counter('sipreel_media_late_packets_total');
  const jitter = meters.histogram('sipreel_media_jitter_seconds');
  const deliveries = meters.counter('sipreel_deliveries_total');
  for (const result of ['ok', 'failed', 'dead']) deliveries.inc({ result }, 0);
  const delivery = meters.histogram('sipreel_delivery_seconds');
  const bytes = meters.counter('sipreel_storage_bytes_total');
  const put = meters.histogram('sipreel_storage_put_seconds');
  const storageFailures = meters.counter('sipreel_storage_failures_total');
  for (const operation of operations) storageFailures.inc({ operation }, 0);
  const owed = new Set<string>();
  meters.gaugedBy('sipreel_storage_owed_recordings', () => [{ value: owed.size }]);
  meters.gaugedBy('sipreel_redis_up', () => [{ value: redisReady() ? 1 : 0, labels: { role: 'worker' } }]);

  return {
    encode: {
      rendered(reports) {
        for (const [track, report] of Object.entries(reports)) {
          packets.inc({ track }, report.packets);
          lost.inc({ track }, lostOf(report));
          late.inc({ track }, report.late);
          if (report.packets > 0) jitter.observe({ track }, report.jitterMs / 1000);
        }
      },
      stored({ recording_id, format }, tookMs) {
        owed.delete(recording_id);
        encode.observe({ format }, tookMs / 1000);
      },
      failed(recordingId, code) {
        failures.inc({ code });
        if (code === 'storage_failed') owed.add(recordingId);
        else owed.delete(recordingId);
      },
      ended({ format }, { state, end_reason, end_time, duration }) {
        recordings.inc({ state, end_reason });
        seconds.inc(duration);
        // What a crash broke off has ended long before anybody could make its file.
        if (state !== 'error') stopToReady.observe({ format }, Math.max(0, now() / 1000 - end_time));
      },
    },
    deliveries: {
      attempted(result, tookMs) {
        deliveries.inc({ result });
        delivery.observe(tookMs / 1000);
      },
    },
    storage: {
      done(operation, tookMs, size) {
        if (operation !== 'put') return;
        bytes.inc(size);
        put.observe(tookMs / 1000);
      },
      failed: (operation) => storageFailures.inc({ operation }),
    },
    values: meters.values,
  };
};
