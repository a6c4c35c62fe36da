/** What the load generator is asked to do; given to it as JSON in its one argument. */
export type LoadPlan = SipPlan | RelayPlan;

interface Arrivals {
  /** How many calls. */
  readonly calls: number;
  /** New calls a second. */
  readonly rate: number;
}

/** SIP calls into a server, each with RTP until the server ends it. */
export interface SipPlan extends Arrivals {
  readonly kind: 'sip';
  readonly target: { readonly host: string; readonly port: number };
  /** The called number. */
  readonly to: string;
}

/** Calls between two phones through an rtpengine, without SIP. */
export interface RelayPlan extends Arrivals {
  readonly kind: 'relay';
  readonly rtpengine: { readonly host: string; readonly port: number };
  /** How long each call lasts, s. */
  readonly seconds: number;
  /** Has rtpengine record each call. */
  readonly record: boolean;
}

/** One call as the load generator saw it. */
export interface LoadedCall {
  /** From its first packet to its end, s. */
  readonly seconds: number;
  /** RTP packets that our side sent. */
  readonly sent: number;
  /** Those of them that rtpengine says to have received; of relay calls only. */
  readonly relayed?: number;
  /** Why it is not what it should be. */
  readonly error?: string;
}

/** What the load generator answers: one line of JSON on its standard output. */
export interface LoadResult {
  readonly calls: readonly LoadedCall[];
  /** CPU time of the load generator itself, from its start. */
  readonly cpuMs: number;
  /** How late packets were sent, ms: the load is only as good as its clock. */
  readonly late: { readonly p95: number; readonly max: number };
}
