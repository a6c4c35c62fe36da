import type { CallFacts, CallPort, ConnectTarget, LegState } from '../swml/call-port.ts';
import { legStates } from '../swml/call-port.ts';

/** Tells of one leg that is dialled; each state once, and none after a later one. */
export interface LegStates {
  created(): void;
  ringing(): void;
  answered(): void;
  /** @param reason cancel, busy, noAnswer, decline, error or hangup */
  ended(reason: string): void;
}

/** The calling.call.state events of the leg `id`, for the url that the target names; nothing where it names none. */
export const createLegStates = (
  { facts, tell }: { readonly facts: CallFacts; readonly tell: CallPort['tell'] },
  { to, from = facts.from, states: wanted }: ConnectTarget,
  id: string,
): LegStates => {
  let reached = -1;
  let told: LegState | undefined;
  const reach = (state: LegState, details: Readonly<Record<string, unknown>> = {}): void => {
    const index = legStates.indexOf(state);
    if (index <= reached) return;
    reached = index;
    if (!wanted?.states.includes(state)) return;
    tell(wanted.url, {
      ...{ type: 'state', id, state },
      ...(told === undefined ? {} : { after: told }),
      details: {
        ...{ call_id: id, call_state: state, direction: 'outbound', from, to },
        ...{ parent: { call_id: facts.call_id, node_id: facts.node_id }, ...details },
      },
    });
    told = state;
  };
  return {
    created: () => reach('created'),
    ringing: () => reach('ringing'),
    answered: () => reach('answered'),
    ended: (reason) => reach('ended', { end_reason: reason }),
  };
};

/** Why a leg has ended that was not answered, by the status of its final response; 0 stands for none. */
export const endReasonOf = (status: number): string => {
  switch (status) {
    case 408:
    case 480:
      return 'noAnswer';
    case 486:
    case 600:
      return 'busy';
    case 487:
      return 'cancel';
    case 403:
    case 603:
      return 'decline';
    default:
      return 'error';
  }
};
