import type { CallState } from '../call/state.ts';
import type { CallFacts } from '../swml/call-port.ts';
import type { CallDirectory, CallRecord } from './call-directory.ts';

/** Tells the directory of a call, now and, by what it gives, with each of its states. */
export const enterCall = (
  directory: Pick<CallDirectory, 'tell'>,
  { call_id, node_id, from, to }: CallFacts,
  trunk: string | undefined,
): ((state: CallState) => void) => {
  let known: CallRecord = {
    ...{ call_id, node_id, direction: 'inbound', from, to, state: 'created', start_time: Date.now() / 1000 },
    ...(trunk === undefined ? {} : { trunk }),
  };
  directory.tell(known);
  return (state) => {
    const now = Date.now() / 1000;
    if (state.name === 'answered') known = { ...known, state: 'answered', answer_time: now };
    else if (state.name === 'ended') {
      known = { ...known, state: 'ended', end_time: now, result: state.result, reason: state.reason };
    } else return;
    directory.tell(known);
  };
};
