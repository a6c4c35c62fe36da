import type { Logger } from 'pino';
import { asSipreelError } from '../../errors/error.ts';
import type { PeerMedia } from '../media/peer-offer.ts';
import type { DialTarget } from './dial-plan.ts';
import type { DialogEnd } from './dialog.ts';
import type { DialOutcome, OutboundLeg } from './outbound-leg.ts';

export interface HuntOptions {
  /** One at least; each next one is tried where those before it take no call. */
  readonly targets: readonly DialTarget[];
  /** How long all of it may ring, ms. */
  readonly timeoutMs: number;
  /** The SDP for whoever is to be offered this. */
  readonly offer: (offered: PeerMedia | undefined) => Promise<string>;
  /** Sends one INVITE. */
  readonly dial: (
    target: DialTarget,
    how: { readonly sdp: string; readonly timeoutMs: number; readonly onEnd: (how: DialogEnd) => void },
  ) => OutboundLeg;
  /** Counts a call of a trunk; throws trunk_full. */
  readonly take: (trunk: string) => { release(): void };
  readonly onEnd: (how: DialogEnd) => void;
  /** One target has come to nothing, and the next one is dialled. */
  readonly onNext: () => void;
  readonly log: Logger;
}

/** Tries trunks one after the other, as one leg. */
export const hunt = (options: HuntOptions): OutboundLeg => {
  const { targets, log } = options;
  const deadlineMs = performance.now() + options.timeoutMs;
  let current: OutboundLeg | undefined;
  let release: () => void = nothing;
  let over = false;

  const dialOne = async (target: DialTarget): Promise<DialOutcome> => {
    // A trunk that has all the calls it may have is passed over like one that says so itself.
    const place = target.trunk === undefined ? { release: nothing } : options.take(target.trunk);
    release = place.release;
    const sdp = await options.offer(target.offered);
    if (over) return { answered: false, status: 487, reason: 'it was cancelled' };
    log.info({ uri: target.uri, from: target.from, trunk: target.trunk }, 'INVITE to');
    current = options.dial(target, {
      sdp,
      timeoutMs: Math.max(1, deadlineMs - performance.now()),
      onEnd: (how) => {
        place.release();
        options.onEnd(how);
      },
    });
    const outcome = await current.outcome;
    return outcome.answered && target.offered ? { ...outcome, offered: target.offered } : outcome;
  };

  const run = async (): Promise<DialOutcome> => {
    let outcome: DialOutcome = { answered: false, status: 0, reason: 'nobody was dialled' };
    for (const [index, target] of targets.entries()) {
      outcome = await dialOne(target).catch((thrown: unknown): DialOutcome => {
        const error = asSipreelError(thrown);
        const elsewhere = error.code === 'trunk_full';
        return { answered: false, status: elsewhere ? error.kind.sip : 0, reason: error.message, elsewhere };
      });
      if (outcome.answered) return outcome;
      release();
      const next = targets[index + 1];
      if (!outcome.elsewhere || next === undefined || over || performance.now() >= deadlineMs) return outcome;
      const { status, reason } = outcome;
      const { trunk } = target;
      log.warn({ trunk, status, reason, next: next.trunk }, 'the trunk takes no call: the next one is tried');
      options.onNext();
    }
    return outcome;
  };

  const outcome = run();
  return {
    outcome,
    async end() {
      over = true;
      await current?.end();
      // One that was about to be dialled is not dialled any more.
      await outcome;
      release();
    },
    info: async (info) => current?.info(info) ?? 481,
    reinvite: async (sdp) => current?.reinvite(sdp) ?? { status: 481, headers: {}, body: '' },
  };
};

const nothing = (): void => undefined;
