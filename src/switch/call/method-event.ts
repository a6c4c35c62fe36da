import type { CallEvent } from '../../recorder/notify/job.ts';
import type { CallFacts, MethodEvent } from '../swml/call-port.ts';

/** The event as it is posted to status_url, and the ids of those that are told before it. */
export const methodEvent = (
  facts: Pick<CallFacts, 'call_id' | 'node_id' | 'segment_id'>,
  { type, id, state, after, details = {} }: MethodEvent,
  timestamp: number,
): { readonly event: CallEvent; readonly after: readonly string[] } => {
  const { call_id, node_id, segment_id } = facts;
  return {
    event: {
      event_type: `calling.call.${type}`,
      event_channel: `swml:${call_id}`,
      event_id: `${id}.${state}`,
      timestamp,
      project_id: '',
      space_id: '',
      params: { call_id, node_id, segment_id, control_id: id, state, ...details },
    },
    after: after === undefined ? [] : [`${id}.${after}`],
  };
};
