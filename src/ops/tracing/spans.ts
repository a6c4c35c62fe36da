import {
  type Attributes,
  type Context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { asSipreelError } from '../../errors/error.ts';
import type { TraceCarrier } from '../../recorder/trace-carrier.ts';
import { version } from '../../version.ts';

/** A span, and the context in which others are its children. */
export interface OpenSpan {
  readonly span: Span;
  readonly context: Context;
}

/** Of whatever SDK is there; without one, spans do nothing and cost nothing to speak of. */
const tracer = () => trace.getTracer('sipreel', version());

/** Begins a span below another context. Times are Unix milliseconds; now by default. */
export const openSpan = (
  name: string,
  attributes: Attributes,
  { parent = ROOT_CONTEXT, at }: { readonly parent?: Context | undefined; readonly at?: number } = {},
): OpenSpan => {
  const span = tracer().startSpan(name, { attributes, ...(at === undefined ? {} : { startTime: at }) }, parent);
  return { span, context: trace.setSpan(parent, span) };
};

/** Says that what a span is of has failed, with our code and words. */
export const failSpan = (span: Span, thrown: unknown): void => {
  const error = asSipreelError(thrown);
  span.setAttribute('error.type', error.code);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
};

/** Does the work within a span, which ends with it. */
export const withinSpan = async <T>(open: OpenSpan, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (thrown) {
    failSpan(open.span, thrown);
    throw thrown;
  } finally {
    open.span.end();
  }
};

/** What a job carries of a context; empty without an SDK. */
export const carrierOf = (context: Context | undefined): TraceCarrier => {
  const carrier: Record<string, string> = {};
  if (context !== undefined) propagation.inject(context, carrier);
  return carrier;
};

/** The context that a job has carried. */
export const contextOf = (carrier: TraceCarrier | undefined): Context =>
  propagation.extract(ROOT_CONTEXT, carrier ?? {});
