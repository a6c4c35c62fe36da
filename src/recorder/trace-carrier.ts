/** Where a trace stands, as the headers of W3C Trace Context have it: carried by jobs from one process to another. */
export type TraceCarrier = Readonly<Record<string, string>>;

/** Jobs have it only where there is a trace. */
export const carried = (trace: TraceCarrier | undefined): { readonly trace?: TraceCarrier } =>
  trace === undefined || Object.keys(trace).length === 0 ? {} : { trace };
