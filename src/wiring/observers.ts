import type { Redis } from 'ioredis';
import { createSwitchMetrics } from '../ops/metrics/switch-metrics.ts';
import { createWorkerMetrics } from '../ops/metrics/worker-metrics.ts';
import { createSwitchTracing } from '../ops/tracing/switch-tracing.ts';
import { createWorkerTracing } from '../ops/tracing/worker-tracing.ts';
import { observeRecorder } from '../recorder/observed.ts';
import type { Recorder } from '../recorder/recorder.ts';
import { observeStorage } from '../recorder/storage/observed.ts';
import type { Storage } from '../recorder/storage/storage.ts';
import type { CallDirectory } from '../switch/directory/call-directory.ts';

/** Who watches the switch role, for figures and traces. */
export const watchSwitch = () => {
  const { recorder, watchCalls, ...metrics } = createSwitchMetrics();
  const tracing = createSwitchTracing();
  return {
    ...metrics,
    aroundMethod: tracing.aroundMethod,
    traceOf: tracing.carrierOf,
    recorder: (watched: Recorder): Recorder => observeRecorder(observeRecorder(watched, recorder), tracing.recorder),
    directory: (watched: Pick<CallDirectory, 'tell'>) => tracing.watchCalls(watchCalls(watched)),
  };
};

/** Who watches the worker role. */
export const watchWorker = (redis: Redis) => {
  const metrics = createWorkerMetrics({ redisReady: () => redis.status === 'ready' });
  const { aroundJob, aroundDelivery, carrierOf } = createWorkerTracing();
  return {
    values: metrics.values,
    traceOf: carrierOf,
    encoder: { observer: metrics.encode, aroundJob },
    deliverer: { observer: metrics.deliveries, aroundDelivery },
    storage: (watched: Storage): Storage => observeStorage(watched, metrics.storage),
  };
};
