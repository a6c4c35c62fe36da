import type { Logger } from 'pino';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import { readInfo } from '../../recorder/recording/info-digit.ts';
import type { PartyDigits } from '../media/party-digits.ts';
import type { PeerMedia } from '../media/peer-offer.ts';
import type { PromptPlayer } from '../media/prompt/player.ts';
import type { MediaSession } from '../media/session.ts';
import type { Info, InfoAnswer } from '../sip/dialog.ts';
import type { LegMedia } from '../sip/far-end-offers.ts';
import { answerToInfo } from '../sip/info-answer.ts';
import type { DialOutcome, OutboundLeg } from '../sip/outbound-leg.ts';
import type { CallFacts, CallPort, ConnectPlan } from '../swml/call-port.ts';
import { createCalleePort } from './callee-port.ts';

/** Media for one who is called, apart from the party's. */
export interface CalleeMedia {
  readonly media: MediaSession;
  readonly player: PromptPlayer;
  readonly digits: PartyDigits;
}

export interface CalleeRoomParts {
  readonly open: () => Promise<CalleeMedia>;
  readonly confirm: NonNullable<ConnectPlan['confirm']>;
  readonly facts: CallFacts;
  readonly tell: CallPort['tell'];
  readonly userEvent: CallPort['userEvent'];
  readonly log: Logger;
}

/** Where one who has answered is asked whether it takes the call, while the party hears it ring. */
export interface CalleeRoom {
  /** The SDP for its INVITE. */
  offer(offered: PeerMedia | undefined): Promise<string>;
  /** For its re-INVITEs until it is connected. */
  readonly media: LegMedia;
  info(info: Info): InfoAnswer;
  /** It has hung up. */
  left(): void;
  /** The leg as one that has answered only when it has confirmed; it is hung up if it does not. */
  confirmed(leg: OutboundLeg): OutboundLeg;
  /** Its media are not needed any more. Idempotent; never rejects. */
  close(): Promise<void>;
}

export const createCalleeRoom = (parts: CalleeRoomParts): CalleeRoom => {
  const { confirm, log } = parts;
  const over = new AbortController();
  let opening: Promise<CalleeMedia> | undefined;
  let closing: Promise<void> | undefined;

  const open = (): Promise<CalleeMedia> => {
    opening ??=
      closing !== undefined ? Promise.reject(new SipreelError('call_ended', 'the leg is over')) : parts.open();
    return opening;
  };

  const end = (why: string): void => over.abort(new SipreelError('call_ended', why));

  const close: CalleeRoom['close'] = () => {
    end('the leg is over, or connected');
    closing ??= (async () => {
      const opened = await opening?.catch(() => undefined);
      await opened?.media.close();
    })();
    return closing;
  };

  /** Runs the script; gives why the answer is none, or undefined if it is confirmed. */
  const ask = async (sdp: string): Promise<string | undefined> => {
    const { media, player, digits } = await open();
    await media.acceptAnswer(sdp);
    const timer = setTimeout(() => end(`it did not confirm within ${confirm.timeoutS} s`), confirm.timeoutS * 1000);
    const hangup = (): void => end('its script has hung up');
    const { facts, tell, userEvent } = parts;
    try {
      const callee = createCalleePort({ facts, player, digits, signal: over.signal, hangup, tell, userEvent, log });
      if (await confirm.run(callee)) return undefined;
      return over.signal.aborted ? asSipreelError(over.signal.reason).message : 'its script has failed';
    } finally {
      clearTimeout(timer);
    }
  };

  const answerOf = async (leg: OutboundLeg): Promise<DialOutcome> => {
    const outcome = await leg.outcome;
    if (!outcome.answered) return outcome;
    const refused = await ask(outcome.sdp).catch((thrown: unknown) => {
      const error = asSipreelError(thrown);
      log.error({ err: error }, 'connect: the one who was called could not be asked');
      return error.message;
    });
    if (refused === undefined) return outcome;
    log.info({ why: refused }, 'connect: not confirmed');
    void leg.end();
    return { answered: false, status: 0, reason: refused, unconfirmed: true };
  };

  return {
    async offer(offered) {
      const { media } = await open();
      return media.offer(offered);
    },
    media: {
      answer: async (offer) => (await open()).media.answer(offer),
      offer: async () => (await open()).media.offer(),
      accept: async (answer) => (await open()).media.acceptAnswer(answer),
    },
    info({ type, body }) {
      const read = readInfo(type, body);
      if (read.kind === 'digit') void opening?.then(({ digits }) => digits.info(read.digit)).catch(() => undefined);
      return answerToInfo(read);
    },
    left: () => end('the one who was called has hung up'),
    confirmed(leg) {
      const outcome = answerOf(leg);
      // Whoever did not confirm, or did not even answer, needs no media.
      void outcome.then(({ answered }) => (answered ? undefined : close()));
      return {
        ...leg,
        outcome,
        async end() {
          end('the leg is ended');
          await Promise.all([leg.end(), close()]);
        },
      };
    },
    close,
  };
};
