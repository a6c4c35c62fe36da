import type { Logger } from 'pino';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { PeerMedia } from '../media/peer-offer.ts';
import type { PromptPlayer } from '../media/prompt/player.ts';
import type { MediaSession } from '../media/session.ts';
import type { Info } from '../sip/dialog.ts';
import type { LegMedia } from '../sip/far-end-offers.ts';
import type { HuntOptions } from '../sip/hunt.ts';
import type { OutboundLeg, OutboundLegOptions } from '../sip/outbound-leg.ts';
import type { ConnectPlan, ConnectResult, ConnectTarget } from '../swml/call-port.ts';
import { type RingFailure, type RungLeg, ringGroup } from './ring.ts';
import { decisiveFailure } from './ring-plan.ts';
import { createRingback, type Ringback } from './ringback.ts';

/** What a leg that is dialled tells and asks. */
export type LegHandlers = Pick<OutboundLegOptions, 'onEnd' | 'media' | 'onInfo'> &
  Pick<HuntOptions, 'offer' | 'onNext'> & {
    /** @param offered what was offered, where it was not the usual */
    readonly onEarlyMedia: (sdp: string, offered: PeerMedia | undefined) => void;
  };
/** Dials; throws a SipreelError for what can't be dialled. */
export type Dial = (target: ConnectTarget, handlers: LegHandlers) => OutboundLeg;

export interface ConnectorParts {
  readonly media: MediaSession;
  readonly player: PromptPlayer;
  readonly dial: Dial;
  /** Answers the party. */
  readonly answer: () => Promise<void>;
  /** Gives the party early media, or answers it where that can't be done. */
  readonly progress: () => Promise<void>;
  /** Sends an INFO to the party. */
  readonly informParty: (info: Info) => Promise<number>;
  /** Aborted when the party's call ends. */
  readonly signal: AbortSignal;
  /** The ringing that the party hears where nobody gives another, such as ring:us. */
  readonly ringing: string;
  readonly log: Logger;
}

/** Connects a party with other legs, one after the other. */
export interface Connector {
  /** See CallPort.connect. */
  connect(plan: ConnectPlan): Promise<ConnectResult>;
  /** The party's INFO: resolves with the status of the answer, or undefined where nobody is connected. */
  informPeer(info: Info): Promise<number | undefined>;
  /** Ends all legs, whatever their state; to be called when the signal is aborted. Never rejects. */
  release(): Promise<void>;
}

export const createConnector = (parts: ConnectorParts): Connector => {
  const { media, signal, log } = parts;
  /** Every leg from its INVITE until it is over: none is forgotten. */
  const legs = new Set<OutboundLeg>();
  let peer: RungLeg | undefined;
  let busy = false;
  /** Those who ring now; early media of others comes too late. */
  let ringing: object | undefined;

  const endLegs = async (): Promise<void> => {
    await Promise.all([...legs].map((leg) => leg.end().then(() => legs.delete(leg))));
  };

  const connect: Connector['connect'] = async (plan) => {
    signal.throwIfAborted();
    if (busy) throw new SipreelError('internal_error', 'the call is being connected already');
    busy = true;
    const ringback = createRingback({
      player: parts.player,
      urls: plan.ringback.length > 0 ? plan.ringback : [parts.ringing],
      fallback: parts.ringing,
      signal,
      log,
    });
    try {
      await (plan.answerOnBridge ? parts.progress() : parts.answer());
      return await ringAndBridge(plan, ringback);
    } finally {
      busy = false;
      peer = undefined;
      ringing = undefined;
      await ringback.stop();
      const ended = endLegs();
      // The script goes on with prompts; nobody waits for those who were called and no longer matter.
      if (!signal.aborted) await media.unbridge();
      void ended;
    }
  };

  const ringAndBridge = async (plan: ConnectPlan, ringback: Ringback) => {
    const failures: RingFailure[] = [];
    for (const group of plan.groups) {
      ringback.start();
      const call = createPeerCall();
      ringing = call;
      /** Settles when the early media that came last is heard, or ours again; never rejects. */
      let early = Promise.resolve();
      let heardEarly = false;
      const stillRings = (): boolean => ringing === call && !signal.aborted;
      const offers = new Map<string | undefined, Promise<string>>();
      const offer = (offered: PeerMedia | undefined): Promise<string> => {
        const key = JSON.stringify(offered);
        const made = offers.get(key) ?? media.offerPeer(offered);
        offers.set(key, made);
        return made;
      };
      const rung = await ringGroup(group, (target) => {
        signal.throwIfAborted();
        const leg: OutboundLeg = parts.dial(target, {
          offer,
          onEnd: () => call.over(leg),
          media: peerMedia(() => (peer?.answered === leg ? peer : undefined)),
          onInfo: async (info) => ({ status: peer?.answered === leg ? await parts.informParty(info) : 200 }),
          onEarlyMedia: (sdp, offered) => {
            // Of several who ring only the answer decides; and what the script wants heard comes first.
            if (group.length > 1 || plan.ringback.length > 0) return;
            heardEarly = true;
            early = early.then(() => hearEarly(sdp, offered, ringback, stillRings));
          },
          onNext: () => {
            if (heardEarly) early = early.then(() => ringAgain(ringback, stillRings));
            heardEarly = false;
          },
        });
        legs.add(leg);
        return leg;
      });
      ringing = undefined;
      signal.throwIfAborted();
      if (rung.answered) {
        peer = rung;
        const failure = await bridge(plan, rung, ringback);
        if (!failure) {
          return { result: 'connected', endedBy: await call.lasts(rung.answered, plan.maxDurationS, signal) } as const;
        }
        peer = undefined;
        failures.push(failure);
      } else {
        failures.push(...rung.failures);
        for (const { reason, text } of rung.failures) log.info({ reason, text }, 'connect: no answer from one');
      }
      await endLegs();
      // Its own ringing, if it had one, is over.
      await media.unbridge();
    }
    const { reason, text } = decisiveFailure(failures) ?? { reason: 'error' as const, text: 'nobody was dialled' };
    return { result: 'failed', reason, text } as const;
  };

  /** The media of a leg, while it is the peer. */
  const peerMedia = (asPeer: () => RungLeg | undefined): LegMedia => {
    const whilePeer = async <T>(work: (leg: RungLeg) => Promise<T>): Promise<T> => {
      const leg = asPeer();
      if (leg) return work(leg);
      throw new SipreelError('call_ended', 'the leg is not bridged');
    };
    return {
      answer: (offer) => whilePeer(() => media.answerPeer(offer)),
      offer: () => whilePeer(({ offered }) => media.offerPeer(offered)),
      accept: (answer) => whilePeer(({ offered }) => media.bridge(answer, offered)),
    };
  };

  const hearEarly = async (
    sdp: string,
    offered: PeerMedia | undefined,
    ringback: Ringback,
    stillRings: () => boolean,
  ): Promise<void> => {
    try {
      await ringback.stop();
      if (!stillRings()) return;
      await media.bridge(sdp, offered);
      log.info('connect: early media');
    } catch (thrown) {
      if (!stillRings()) return;
      log.warn({ err: asSipreelError(thrown) }, 'connect: early media is of no use: our own ringing goes on');
      ringback.start();
    }
  };

  /** The way that sent early media has come to nothing, and another one is tried. */
  const ringAgain = async (ringback: Ringback, stillRings: () => boolean): Promise<void> => {
    if (!stillRings()) return;
    await media
      .unbridge()
      .catch((err: unknown) => log.warn({ err }, 'connect: early media that is over could not be given up'));
    if (stillRings()) ringback.start();
  };

  /** Gives the failure where the answer is of no use. */
  const bridge = async (
    plan: ConnectPlan,
    { sdp, offered }: RungLeg,
    ringback: Ringback,
  ): Promise<RingFailure | undefined> => {
    try {
      await ringback.stop();
      await media.bridge(sdp, offered);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asSipreelError(thrown);
      log.error({ err: error }, 'connect: the answer could not be bridged');
      return { reason: 'error', text: error.message };
    }
    if (plan.answerOnBridge) await parts.answer();
    signal.throwIfAborted();
    log.info('connected');
    return undefined;
  };

  return {
    connect,
    informPeer: async (info) => peer?.answered.info(info),
    release: endLegs,
  };
};

/** Knows how the leg that answered ends, also if that was before anybody asked. */
const createPeerCall = () => {
  const gone = new Set<OutboundLeg>();
  let onGone: (() => void) | undefined;
  return {
    over(leg: OutboundLeg): void {
      gone.add(leg);
      onGone?.();
    },
    lasts: (leg: OutboundLeg, maxDurationS: number, signal: AbortSignal): Promise<'peer' | 'max_duration'> =>
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
