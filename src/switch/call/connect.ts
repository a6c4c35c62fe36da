import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { PeerMedia } from '../media/peer-offer.ts';
import type { PromptPlayer } from '../media/prompt/player.ts';
import type { MediaSession } from '../media/session.ts';
import type { Info } from '../sip/dialog.ts';
import type { HuntOptions } from '../sip/hunt.ts';
import type { OutboundLeg, OutboundLegOptions } from '../sip/outbound-leg.ts';
import type { CallFacts, CallPort, ConnectPlan, ConnectResult, ConnectTarget } from '../swml/call-port.ts';
import { type CalleeMedia, type CalleeRoom, createCalleeRoom } from './callee-room.ts';
import { createEarlyMedia } from './early-media.ts';
import { createLegStates, endReasonOf, type LegStates } from './leg-states.ts';
import { createPeerCall } from './peer-call.ts';
import { createPeerMedia } from './peer-media.ts';
import { type RingFailure, type RungLeg, ringGroup } from './ring.ts';
import { decisiveFailure } from './ring-plan.ts';
import { createRingback, type Ringback } from './ringback.ts';

/** What a leg that is dialled tells and asks. */
export type LegHandlers = Pick<OutboundLegOptions, 'media' | 'onInfo'> &
  Pick<HuntOptions, 'offer' | 'onRinging' | 'onNext' | 'onEnd'> & {
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
  /** Media for one who is asked before it is connected. */
  readonly openCallee: () => Promise<CalleeMedia>;
  /** Of the party's call. */
  readonly facts: CallFacts;
  readonly tell: CallPort['tell'];
  readonly userEvent: CallPort['userEvent'];
  /** Aborted when the party's call ends. */
  readonly signal: AbortSignal;
  /** The ringing that the party hears where nobody gives another, such as ring:us. */
  readonly ringing: string;
  readonly log: Logger;
}

/** One who is called. */
interface Called {
  /** For scripts and events. */
  readonly id: string;
  readonly target: ConnectTarget;
  /** Where it is asked first, if it is. */
  readonly room: CalleeRoom | undefined;
  readonly states: LegStates;
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
  const legs = new Map<OutboundLeg, Called>();
  let peer: RungLeg | undefined;
  let busy = false;
  /** Those who ring now; early media of others comes too late. */
  let ringing: object | undefined;

  const endLegs = async (): Promise<void> => {
    await Promise.all(
      [...legs].map(async ([leg, { states }]) => {
        await leg.end();
        states.ended('hangup');
        legs.delete(leg);
      }),
    );
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
      const early = createEarlyMedia(media, ringback, () => ringing === call && !signal.aborted, log);
      const offers = new Map<string | undefined, Promise<string>>();
      const offer = (offered: PeerMedia | undefined): Promise<string> => {
        const key = JSON.stringify(offered);
        const made = offers.get(key) ?? media.offerPeer(offered);
        offers.set(key, made);
        return made;
      };
      const rung = await ringGroup(group, (target) => {
        signal.throwIfAborted();
        const id = randomUUID();
        const room = plan.confirm && openRoom(plan.confirm, target, id);
        const states = createLegStates(parts, target, id);
        const dialled: OutboundLeg = parts.dial(target, {
          offer: room?.offer ?? offer,
          onEnd: (how) => {
            room?.left();
            states.ended('hangup');
            call.over(leg, how);
          },
          media: createPeerMedia(media, () => (peer?.answered === leg ? peer : undefined), room?.media),
          onInfo: async (info) => {
            if (peer?.answered === leg) return { status: await parts.informParty(info) };
            return room?.info(info) ?? { status: 200 };
          },
          onEarlyMedia: (sdp, offered) => {
            // Of several who ring only the answer decides, and what the script wants heard comes first. One that is to
            // confirm has media of its own until then.
            if (group.length > 1 || plan.ringback.length > 0 || room) return;
            early.heard(sdp, offered);
          },
          onRinging: states.ringing,
          onNext: early.next,
        });
        states.created();
        void dialled.outcome.then((outcome) =>
          outcome.answered ? states.answered() : states.ended(endReasonOf(outcome.status)),
        );
        const leg = room?.confirmed(dialled) ?? dialled;
        legs.set(leg, { id, target, room, states });
        return leg;
      });
      ringing = undefined;
      signal.throwIfAborted();
      if (rung.answered) {
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

  const openRoom = (confirm: NonNullable<ConnectPlan['confirm']>, { to, from }: ConnectTarget, id: string) =>
    createCalleeRoom({
      open: parts.openCallee,
      confirm,
      facts: { ...parts.facts, call_id: id, direction: 'outbound', from: from ?? parts.facts.from, to, headers: {} },
      tell: parts.tell,
      userEvent: parts.userEvent,
      log,
    });

  /** The SDP of the one who is to be bridged. One that has confirmed has media of its own, and is offered the party's now. */
  const joined = async ({ answered: leg, sdp, offered }: RungLeg): Promise<string> => {
    if (legs.get(leg)?.room === undefined) return sdp;
    const { status, body } = await leg.reinvite(await media.offerPeer(offered));
    if (status >= 200 && status < 300) return body;
    throw new SipreelError('renegotiation_refused', `the one who has confirmed answers our re-INVITE with ${status}`);
  };

  /** Gives the failure where the answer is of no use. */
  const bridge = async (plan: ConnectPlan, rung: RungLeg, ringback: Ringback): Promise<RingFailure | undefined> => {
    const called = legs.get(rung.answered);
    try {
      const sdp = await joined(rung);
      peer = rung;
      await ringback.stop();
      await media.bridge(sdp, rung.offered);
      void called?.room?.close();
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asSipreelError(thrown);
      log.error({ err: error }, 'connect: the answer could not be bridged');
      return { reason: 'error', text: error.message };
    }
    if (plan.answerOnBridge) await parts.answer();
    signal.throwIfAborted();
    log.info('connected');
    if (called) plan.onConnected?.({ id: called.id, to: called.target.to, from: called.target.from });
    return undefined;
  };

  return {
    connect,
    informPeer: async (info) => peer?.answered.info(info),
    release: endLegs,
  };
};
