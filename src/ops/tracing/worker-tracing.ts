import type { Context } from '@opentelemetry/api';
import type { AroundJob } from '../../recorder/encode/observer.ts';
import type { AroundDelivery } from '../../recorder/notify/observer.ts';
import type { TraceCarrier } from '../../recorder/trace-carrier.ts';
import { carrierOf, contextOf, openSpan, withinSpan } from './spans.ts';

/** Spans of encode jobs and of deliveries, below those of the recordings that their jobs carry. */
export interface WorkerTracing {
  readonly aroundJob: AroundJob;
  readonly aroundDelivery: AroundDelivery;
  /** What events of a recording carry whose job runs now. */
  carrierOf(of: { readonly recordingId?: string | undefined }): TraceCarrier;
}

export const createWorkerTracing = (): WorkerTracing => {
  const jobs = new Map<string, Context>();
  return {
    async aroundJob({ recording_id, trace }, work) {
      const open = openSpan('encode', { recording_id }, { parent: contextOf(trace) });
      jobs.set(recording_id, open.context);
      try {
        return await withinSpan(open, work);
      } finally {
        jobs.delete(recording_id);
      }
    },
    aroundDelivery({ event_id, call_id, attempt, trace }, work) {
      const attributes = { event_id, attempt, ...(call_id === undefined ? {} : { call_id }) };
      return withinSpan(openSpan('delivery', attributes, { parent: contextOf(trace) }), work);
    },
    carrierOf: ({ recordingId = '' }) => carrierOf(jobs.get(recordingId)),
  };
};
