import type { Call, Recording } from '../api/types.ts';

/** A call and what is recorded of it. */
export interface CallWithItsRecordings {
  readonly call: Call;
  readonly recordings: readonly Recording[];
}

/** Calls in their order with their recordings, and the recordings whose calls are over. */
export const byCall = (
  calls: readonly Call[],
  recordings: readonly Recording[],
): { readonly cards: readonly CallWithItsRecordings[]; readonly left: readonly Recording[] } => {
  const of = new Map<string, Recording[]>();
  for (const recording of recordings) of.set(recording.call_id, [...(of.get(recording.call_id) ?? []), recording]);
  const up = new Set(calls.map(({ call_id }) => call_id));
  return {
    cards: calls.map((call) => ({
      call,
      recordings: [...(of.get(call.call_id) ?? [])].sort((a, b) => a.start_time - b.start_time),
    })),
    left: recordings.filter(({ call_id }) => !up.has(call_id)),
  };
};
