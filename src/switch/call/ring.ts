import { asSipreelError } from '../../errors/error.ts';
import type { PeerMedia } from '../media/peer-offer.ts';
import type { OutboundLeg } from '../sip/outbound-leg.ts';
import { type ConnectFailure, failureOf } from './ring-plan.ts';

/** One that did not answer. */
export interface RingFailure {
  readonly reason: ConnectFailure;
  /** For people, with the status. */
  readonly text: string;
}

/** The one that answered. */
export interface RungLeg {
  readonly answered: OutboundLeg;
  readonly sdp: string;
  readonly offered?: PeerMedia | undefined;
}

export type RingResult = RungLeg | { readonly answered: undefined; readonly failures: readonly RingFailure[] };

/** Rings a group at once. The first to answer wins, and the others are ended; without a winner all are over. */
export const ringGroup = async <Target>(
  group: readonly Target[],
  dial: (target: Target) => OutboundLeg,
): Promise<RingResult> => {
  const failures: RingFailure[] = [];
  const legs = group.flatMap((target) => {
    try {
      return dial(target);
    } catch (thrown) {
      // One that can't be dialled is no reason not to try the others.
      const { kind, message } = asSipreelError(thrown);
      failures.push({ reason: kind.sip === 503 ? 'unavailable' : 'error', text: message });
      return [];
    }
  });
  const winner = await new Promise<RungLeg | undefined>((resolve) => {
    let left = legs.length;
    if (left === 0) resolve(undefined);
    for (const leg of legs) {
      void leg.outcome.then((outcome) => {
        if (outcome.answered) return resolve({ answered: leg, sdp: outcome.sdp, offered: outcome.offered });
        const { status, reason, unconfirmed } = outcome;
        const failure = unconfirmed ? 'not_confirmed' : failureOf(status);
        failures.push({ reason: failure, text: status === 0 ? reason : `${status} ${reason}`.trim() });
        if (--left === 0) resolve(undefined);
      });
    }
  });
  const ending = Promise.all(legs.filter((leg) => leg !== winner?.answered).map((leg) => leg.end()));
  if (winner) return winner;
  // The next group must not ring while this one still does.
  await ending;
  return { answered: undefined, failures };
};
