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
    how: {
      readonly sdp: string;
      readonly timeoutMs: number;
      readonly onRinging: () => void;
      readonly onEnd: (how: DialogEnd) => void;
    },
  ) => OutboundLeg;
  /** True as soon as a trunk is known to answer nothing at all; false where it may be there, or with the signal. Never rejects. */
  readonly isSilent: (trunk: string, heard: AbortSignal) => Promise<boolean>;
  /** Counts a call of a trunk; throws trunk_full. */
  readonly take: (trunk: string) => { release(): void };
  readonly onRinging: () => void;
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

  /** The outcome of a leg, or 408 as soon as its trunk is known to be silent: what it answers later gets CANCEL or BYE. */
  const outcomeOf = async (leg: OutboundLeg, trunk: string, heard: AbortController): Promise<DialOutcome> => {
    void leg.outcome.then(() => heard.abort());
    const silent = options.isSilent(trunk, heard.signal).then((known) => (known ? silence : leg.outcome));
    const outcome = await Promise.race([leg.outcome, silent]);
    if (outcome === silence) void leg.end();
    return outcome;
  };

  const dialOne = async (target: DialTarget, isLast: boolean): Promise<DialOutcome> => {
    // A trunk that has all the calls it may have is passed over like one that says so itself.
    const place = target.trunk === undefined ? { release: nothing } : options.take(target.trunk);
    release = place.release;
    const sdp = await options.offer(target.offered);
    if (over) return { answered: false, status: 487, reason: 'it was cancelled' };
    log.info({ uri: target.uri, from: target.from, trunk: target.trunk }, 'INVITE to');
    const heard = new AbortController();
    current = options.dial(target, {
      sdp,
      timeoutMs: Math.max(1, deadlineMs - performance.now()),
      onRinging() {
        heard.abort();
        options.onRinging();
      },
      onEnd: (how) => {
        place.release();
        options.onEnd(how);
      },
    });
    // Where there is no other way it may still answer: RFC 3261 gives it 32 s.
    const waits = isLast || target.trunk === undefined;
    const outcome = await (waits ? current.outcome : outcomeOf(current, target.trunk, heard));
    return outcome.answered && target.offered ? { ...outcome, offered: target.offered } : outcome;
  };

  const run = async (): Promise<DialOutcome> => {
    let outcome: DialOutcome = { answered: false, status: 0, reason: 'nobody was dialled' };
    for (const [index, target] of targets.entries()) {
      const next = targets[index + 1];
      outcome = await dialOne(target, next === undefined).catch((thrown: unknown): DialOutcome => {
        const error = asSipreelError(thrown);
        const elsewhere = error.code === 'trunk_full';
        return { answered: false, status: elsewhere ? error.kind.sip : 0, reason: error.message, elsewhere };
      });
      if (outcome.answered) return outcome;
      release();
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

const silence: DialOutcome = {
  answered: false,
  status: 408,
  reason: 'it answers neither INVITE nor OPTIONS',
  elsewhere: true,
};
