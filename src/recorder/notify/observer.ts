import type { TraceCarrier } from '../trace-carrier.ts';

/** Makes an attempt to deliver an event, for traces. */
export type AroundDelivery = <T>(
  delivery: {
    readonly event_id: string;
    readonly call_id?: string | undefined;
    /** 1 for the first. */
    readonly attempt: number;
    readonly trace?: TraceCarrier | undefined;
  },
  work: () => Promise<T>,
) => Promise<T>;

/** Who is told of the attempts to deliver status events, for figures. */
export interface DeliveryObserver {
  /** ok; failed: it is tried again; dead: it was given up. */
  attempted(result: 'ok' | 'failed' | 'dead', tookMs: number): void;
}
