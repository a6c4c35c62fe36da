import { SpanStatusCode } from '@opentelemetry/api';
import type { RecorderObserver } from '../../recorder/observed.ts';
import type { TraceCarrier } from '../../recorder/trace-carrier.ts';
import type { CallDirectory } from '../../switch/directory/call-directory.ts';
import type { AroundMethod } from '../../switch/swml/interpreter.ts';
import { carrierOf, type OpenSpan, openSpan, withinSpan } from './spans.ts';

/** Spans of calls, of the methods of their scripts, and of their recordings. */
export interface SwitchTracing {
  /** The same directory; a call's span lasts from its first state to its end. */
  watchCalls(directory: Pick<CallDirectory, 'tell'>): Pick<CallDirectory, 'tell'>;
  readonly aroundMethod: AroundMethod;
  readonly recorder: RecorderObserver;
  /** What jobs and events of a recording, or else of its call, carry. */
  carrierOf(of: { readonly recordingId?: string | undefined; readonly callId?: string | undefined }): TraceCarrier;
}

/** Ends of calls that are somebody's fault. */
const faults: ReadonlySet<string> = new Set(['failed', 'script_error']);

export const createSwitchTracing = (): SwitchTracing => {
  const calls = new Map<string, OpenSpan>();
  const recordings = new Map<string, OpenSpan>();

  return {
    watchCalls: (directory) => ({
      tell(call) {
        directory.tell(call);
        const { call_id, node_id, trunk, state, start_time, end_time, result, reason } = call;
        if (state === 'created') {
          const attributes = { call_id, node_id, ...(trunk === undefined ? {} : { trunk }) };
          calls.set(call_id, openSpan('call', attributes, { at: start_time * 1000 }));
        } else if (state === 'answered') calls.get(call_id)?.span.addEvent('answered');
        else {
          const span = calls.get(call_id)?.span;
          calls.delete(call_id);
          if (result !== undefined) span?.setAttribute('result', result);
          if (faults.has(result ?? '')) span?.setStatus({ code: SpanStatusCode.ERROR, message: reason ?? '' });
          span?.end((end_time ?? Date.now() / 1000) * 1000);
        }
      },
    }),
    aroundMethod(call_id, method, work) {
      const parent = calls.get(call_id)?.context;
      return withinSpan(openSpan(`method ${method}`, { call_id, method }, { parent }), work);
    },
    recorder: {
      started({ id, callId, controlId, record }, tookMs) {
        const attributes = { call_id: callId, recording_id: id, control_id: controlId, format: record.format };
        const parent = calls.get(callId)?.context;
        recordings.set(id, openSpan('recording', attributes, { parent, at: Date.now() - tookMs }));
      },
      refused: () => undefined, // The method's span says so.
      turned: ({ id }, turn) => void recordings.get(id)?.span.addEvent(turn === 'paused' ? 'paused' : 'resumed'),
      captured({ id }, end_reason) {
        const span = recordings.get(id)?.span;
        recordings.delete(id);
        span?.setAttribute('end_reason', end_reason);
        if (end_reason === 'error') span?.setStatus({ code: SpanStatusCode.ERROR, message: 'capture broke off' });
        span?.end();
      },
    },
    carrierOf: ({ recordingId = '', callId = '' }) =>
      carrierOf((recordings.get(recordingId) ?? calls.get(callId))?.context),
  };
};
