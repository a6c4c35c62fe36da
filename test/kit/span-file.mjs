// For --import: a tracer provider and a propagator that are made of the interfaces of @opentelemetry/api alone. Each span that
// ends is a line of JSON in the file that SPAN_FILE names.
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { context as contexts, propagation, trace } from '@opentelemetry/api';

const hex = (bytes) => randomBytes(bytes).toString('hex');

const startSpan = (name, { attributes = {}, startTime = Date.now() } = {}, context = contexts.active()) => {
  const parent = trace.getSpanContext(context);
  const own = { traceId: parent?.traceId ?? hex(16), spanId: hex(8), traceFlags: 1 };
  const known = { name, attributes: { ...attributes }, events: [], status: 0, startTime };
  const span = {
    spanContext: () => own,
    setAttribute(key, value) {
      known.attributes[key] = value;
      return span;
    },
    setAttributes(more) {
      Object.assign(known.attributes, more);
      return span;
    },
    addEvent(event) {
      known.events.push(event);
      return span;
    },
    addLink: () => span,
    addLinks: () => span,
    setStatus({ code }) {
      known.status = code;
      return span;
    },
    updateName: () => span,
    isRecording: () => true,
    recordException: () => undefined,
    end(endTime = Date.now()) {
      const line = { ...known, ...own, parent: parent?.spanId, pid: process.pid, endTime };
      appendFileSync(process.env.SPAN_FILE, `${JSON.stringify(line)}\n`);
    },
  };
  return span;
};

if (isMainThread) {
  trace.setGlobalTracerProvider({
    getTracer: () => ({
      startSpan,
      startActiveSpan: (name, ...rest) => rest.at(-1)(startSpan(name)),
    }),
  });
  propagation.setGlobalPropagator({
    inject(context, carrier, setter) {
      const span = trace.getSpanContext(context);
      if (span) setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-01`);
    },
    extract(context, carrier, getter) {
      const [, traceId, spanId] = String(getter.get(carrier, 'traceparent') ?? '').split('-');
      return spanId === undefined
        ? context
        : trace.setSpanContext(context, { traceId, spanId, traceFlags: 1, isRemote: true });
    },
    fields: () => ['traceparent'],
  });
}
