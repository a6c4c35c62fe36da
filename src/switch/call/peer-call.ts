import type { DialogEnd } from '../sip/dialog.ts';
import type { OutboundLeg } from '../sip/outbound-leg.ts';

/** Knows how the leg that answered ends, also if that was before anybody asked. */
export interface PeerCall {
  /** The leg has ended without our doing. */
  over(leg: OutboundLeg, how: DialogEnd): void;
  /** Resolves with who or what ended it; rejects with the signal's reason. */
  lasts(leg: OutboundLeg, maxDurationS: number, signal: AbortSignal): Promise<'peer' | 'max_duration'>;
}

export const createPeerCall = (): PeerCall => {
  const gone = new Set<OutboundLeg>();
  let onGone: (() => void) | undefined;
  return {
    over(leg) {
      gone.add(leg);
      onGone?.();
    },
    lasts: (leg, maxDurationS, signal) =>
      new Promise((resolve, reject) => {
        const settle = (how: () => void): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
          how();
        };
        const onAbort = (): void => settle(() => reject(signal.reason));
        const timer = setTimeout(() => settle(() => resolve('max_duration')), maxDurationS * 1000);
        signal.addEventListener('abort', onAbort, { once: true });
        onGone = () => {
          if (gone.has(leg)) settle(() => resolve('peer'));
        };
        onGone();
      }),
  };
};
