import type { Logger } from 'pino';
import { SipreelError } from '../../errors/error.ts';
import type { ForkSource } from '../../recorder/fork/fork.ts';
import { type LegCodec, legCodecs } from '../../rtp/leg-codecs.ts';
import type { PayloadFormat, PayloadMap } from '../../rtp/payload.ts';
import type { Rtpengine } from '../../rtpengine/rtpengine.ts';
import { parseAudio } from '../../sdp/audio.ts';
import { withDirection } from '../../sdp/edit.ts';
import { holdByDirection } from '../../sdp/hold.ts';
import { cryptosOf, type SrtpMode, withSecurity } from '../../sdp/security.ts';
import { createTurns } from '../in-turn.ts';
import { legCodecOf } from './codecs.ts';
import { createExchanges, type OfferOptions, type Side } from './exchanges.ts';
import {
  forLeg,
  keyFor,
  type LegSdp,
  type PartyCodecs,
  preferring,
  protocolOf,
  readAnswer,
  readOffer,
  securedAs,
  taggedAs,
} from './leg-sdp.ts';
import { offeredCodecs, type PeerMedia, shownTo, transcodedTo } from './peer-offer.ts';
import type { PromptEndpoint } from './prompt/endpoint.ts';
import { createPromptLeg } from './prompt-leg.ts';
import { answerUnasked } from './unasked.ts';

/** The media of one call: an rtpengine call whose peer is our own prompt endpoint, or another leg that is bridged. */
export interface MediaSession {
  /** For a recorder: which rtpengine call, and which of its tags is whom. */
  readonly source: ForkSource;
  /**
   * The party's offer -> the answer for its 200 or re-INVITE; the peer is not asked again.
   * @param preferred counts before the others, from now on, where the party has one of them
   * @throws SipreelError sdp_invalid, codec_unsupported, srtp_unsupported, rtpengine_away, rtpengine_refused
   */
  answer(offer: string, preferred?: readonly LegCodec[]): Promise<string>;
  /**
   * For an INVITE or re-INVITE without SDP: the offer for its 200. Also for a leg that is dialled to be asked something.
   * @param how what is offered to it. Default: all codecs, and SRTP if it has it already
   */
  offer(how?: PeerMedia): Promise<string>;
  /** The party's answer to offer(), from its ACK. */
  acceptAnswer(answer: string): Promise<void>;
  /**
   * The SDP for INVITEs to those who may become the peer and are offered this; the answer decides. Prompts go on. Also for the
   * 200 to a bridged leg's re-INVITE without SDP; bridge() takes the answer.
   */
  offerPeer(how?: PeerMedia): Promise<string>;
  /**
   * Makes the leg that answered with this SDP the peer: prompts pause. Again, and it is another one.
   * @param how what offerPeer got for it
   * @throws SipreelError sdp_invalid, codec_unsupported, srtp_unsupported, rtpengine_away, rtpengine_refused
   */
  bridge(answer: string, how?: PeerMedia): Promise<void>;
  /** Makes our prompt endpoint the peer again, if it is not. */
  unbridge(): Promise<void>;
  /** The bridged leg's re-INVITE: its offer -> our answer. */
  answerPeer(offer: string): Promise<string>;
  /** Deletes the rtpengine call and closes the endpoint. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** A leg that is the peer, and what it was offered. */
interface BridgedLeg extends LegSdp {
  readonly how: PeerMedia;
}

/** What is offered to all who ring, as rtpengine can make only one offer at a time; each is shown its part of it. */
interface Ringing {
  readonly codecs: readonly LegCodec[];
  readonly secure: boolean;
  /** suite -> key, as it was shown first: who answers uses it. */
  readonly keys: ReadonlyMap<string, string>;
}

const isEvent = ({ codec }: PayloadFormat): boolean => codec === 'TELEPHONE-EVENT';

const has = ({ codecs }: LegSdp, format: PayloadFormat): boolean => {
  const codec = legCodecOf(format);
  return codec !== undefined && codecs.includes(codec);
};

/** A leg that sends music or nothing, and wants to hear nothing. */
const holds = (sdp: string): boolean => {
  const { direction } = parseAudio(sdp);
  return direction === 'sendonly' || direction === 'inactive';
};

const nobodyRings: Ringing = { codecs: [], secure: false, keys: new Map() };

export const createMediaSession = (options: {
  readonly rtpengine: Pick<Rtpengine, 'command'>;
  readonly callId: string;
  readonly endpoint: PromptEndpoint;
  readonly codecs?: PartyCodecs | undefined;
  /** What the payload types of a direction mean from now on: of the party, or of whoever is the peer. */
  readonly onPayloads?: (of: Side, payloads: PayloadMap) => void;
  /** A side holds the call (RFC 3264 §8.4), or does not any more. */
  readonly onHold?: (of: Side, held: boolean) => void;
  readonly log: Logger;
}): MediaSession => {
  const { rtpengine, callId, endpoint, codecs: chosen = {}, onPayloads, onHold, log } = options;
  let preferred: readonly LegCodec[] = [];
  const { allowed: codecs = legCodecs } = chosen;
  const inTurn = createTurns();
  const exchanges = createExchanges(rtpengine, callId);
  const prompts = createPromptLeg(endpoint);
  let closing: Promise<void> | undefined;
  let party: LegSdp | undefined;
  /** Undefined while the peer is our prompt endpoint. */
  let bridged: BridgedLeg | undefined;
  let ringing = nobodyRings;
  /** True from the first offer to a leg until our endpoint is the peer again. */
  let peerOffered = false;

  /** One exchange at a time, and none after the end: it would make the call anew. */
  const exchange = <T>(work: () => Promise<T>): Promise<T> =>
    inTurn(async () => {
      if (closing !== undefined) throw new SipreelError('call_ended', 'the media session is closed');
      return work();
    });

  const requireParty = (): LegSdp => {
    if (party !== undefined) return party;
    throw new SipreelError('internal_error', 'the party has no media yet');
  };

  const suitesInUse = (...more: readonly (LegSdp | undefined)[]): readonly string[] =>
    [party, bridged, ...more].flatMap((leg) => leg?.crypto?.suite ?? []);

  /** What rtpengine offers on behalf of the party to the peer, whoever that is or will be. */
  const peerOptions = (leg: LegSdp, offered: readonly LegCodec[], secure: boolean): OfferOptions => ({
    protocol: secure ? 'RTP/SAVP' : 'RTP/AVP',
    transcode: transcodedTo(leg.codecs[0], offered),
    suites: suitesInUse(leg),
  });

  const told: Record<Side, string> = { party: '', peer: '' };
  const tellPayloads = (of: Side, payloads: PayloadMap): void => {
    const text = JSON.stringify(payloads);
    if (text === told[of]) return;
    told[of] = text;
    onPayloads?.(of, payloads);
  };

  const holding: Record<Side, boolean> = { party: false, peer: false };
  const tellHold = (of: Side, held: boolean): void => {
    if (held === holding[of]) return;
    holding[of] = held;
    onHold?.(of, held);
  };

  /** Makes the prompts the peer of what the party has offered. */
  const answerByPrompts = async (toPeer: string): Promise<string> => {
    const { sdp, payloads } = prompts.answer(toPeer);
    const made = await exchanges.answer('party', sdp, 'prompts');
    tellPayloads('peer', payloads);
    return made;
  };

  /** The party as others see it: each side holds for itself, and resumes without a word to the other. */
  const partyForOthers = (): LegSdp => {
    const leg = requireParty();
    return { ...leg, sdp: withDirection(leg.sdp, 'sendrecv') };
  };

  const answer = async (given: string): Promise<string> => {
    const offered = holdByDirection(given, party?.sdp);
    const leg = readOffer(offered, preferring(offered, preferred, chosen));
    const { codecs: others, secure } = bridged
      ? { codecs: bridged.codecs, secure: bridged.crypto !== undefined }
      : ringing;
    const toPeer = peerOptions(leg, others, secure);
    const answered = bridged
      ? await answerUnasked(exchanges, 'party', leg, bridged, toPeer)
      : { leg, sdp: forLeg(leg, await answerByPrompts(await exchanges.offer('party', leg.sdp, toPeer))) };
    party = answered.leg;
    tellPayloads('party', parseAudio(answered.sdp).payloads);
    tellHold('party', holds(leg.sdp));
    return answered.sdp;
  };

  /** What the party is offered by us, as long as it has not answered: it answers with this. */
  let asked: { readonly codecs: readonly LegCodec[]; readonly srtp: SrtpMode } = { codecs, srtp: 'off' };

  const offerAs = (protocol: string): Promise<string> => {
    const has: readonly LegCodec[] = bridged?.codecs ?? ['PCMU', 'PCMA'];
    return exchanges.offer('peer', bridged ? withDirection(bridged.sdp, 'sendrecv') : prompts.offer(), {
      protocol,
      transcode: asked.codecs.filter((codec) => !has.includes(codec)),
      suites: suitesInUse(),
    });
  };

  const offer = async (how: PeerMedia): Promise<string> => {
    // A party that has SRTP goes on with it.
    const srtp = party?.crypto ? 'require' : (how.srtp ?? 'off');
    asked = { codecs: how.codecs ? offeredCodecs('PCMU', how) : codecs, srtp };
    const made = await offerAs(party ? protocolOf(party) : srtp === 'off' ? 'RTP/AVP' : 'RTP/SAVP');
    if (party && srtp === 'off') return made;
    const shown = shownTo(made, 'PCMU', asked);
    return party ? withSecurity(shown, party.protocol, cryptosOf(shown)) : shown;
  };

  const acceptAnswer = async (given: string): Promise<void> => {
    const sdp = holdByDirection(given, party?.sdp);
    const read = readAnswer(sdp, asked.codecs);
    const leg = party && asked.srtp === 'off' ? read : securedAs(asked.srtp, read);
    // It was free to decline the key.
    if (asked.srtp === 'optional' && !leg.crypto) await offerAs('RTP/AVP');
    const made = await exchanges.answer('peer', leg.sdp);
    if (!bridged) prompts.connect(made);
    // What it has answered with first is its own from now on, as if it had offered it.
    const first = readOffer(sdp, { allowed: [leg.codecs[0]] });
    party = leg.crypto ? taggedAs(first, leg.crypto.tag) : first;
    tellPayloads('party', parseAudio(party.sdp).payloads);
    tellHold('party', holds(sdp));
  };

  const offerPeer = async (how: PeerMedia): Promise<string> => {
    const leg = partyForOthers();
    const own = leg.codecs[0];
    ringing = {
      codecs: [...new Set([...ringing.codecs, ...offeredCodecs(own, how)])],
      secure: ringing.secure || (how.srtp ?? 'off') !== 'off',
      keys: ringing.keys,
    };
    peerOffered = true;
    const made = await exchanges.offer('party', leg.sdp, peerOptions(leg, ringing.codecs, ringing.secure));
    const keys = cryptosOf(made).map(({ suite, rest }) => [suite, rest] as const);
    // A bridged leg is told anew; of those who ring, the first were told what all are told.
    ringing = { ...ringing, keys: new Map(bridged ? keys : [...keys, ...ringing.keys]) };
    // The prompts go on as the peer, in the clear, until somebody answers.
    if (!bridged) await answerByPrompts(made);
    return shownTo(made, own, how);
  };

  /** Offered once more, though the legs ring with an offer already: a re-INVITE may have come between. */
  const bridge = async (given: string, how: PeerMedia): Promise<void> => {
    const leg = partyForOthers();
    const offered = [...new Set([...offeredCodecs(leg.codecs[0], how), ...ringing.codecs])];
    const answered = securedAs(how.srtp ?? 'off', readAnswer(holdByDirection(given, bridged?.sdp), offered));
    peerOffered = true;
    const made = await exchanges.offer('party', leg.sdp, peerOptions(leg, offered, answered.crypto !== undefined));
    if (answered.crypto && keyFor(answered, made).rest !== ringing.keys.get(answered.crypto.suite)) {
      throw new SipreelError('srtp_unsupported', 'the key that the leg was offered has changed while it rang');
    }
    await exchanges.answer('party', answered.sdp);
    bridged = { ...answered, how };
    tellHold('peer', holds(answered.sdp));
    endpoint.pause();
    // It sends what it was offered by our numbers, and what it has answered by its own if it is one of those.
    const { payloads } = parseAudio(made);
    const meant = Object.entries(payloads).filter(([, format]) => isEvent(format) || has(answered, format));
    tellPayloads('peer', { ...parseAudio(answered.sdp).payloads, ...Object.fromEntries(meant) });
  };

  const unbridge = async (): Promise<void> => {
    if (!peerOffered) return;
    const leg = partyForOthers();
    // Whoever is on hold hears prompts all the same: how it has us send to it is its business and stays.
    await answerByPrompts(await exchanges.offer('party', leg.sdp, peerOptions(leg, [], false)));
    bridged = undefined;
    tellHold('peer', false);
    ringing = nobodyRings;
    peerOffered = false;
    endpoint.resume();
  };

  const answerPeer = async (given: string): Promise<string> => {
    if (!bridged) throw new SipreelError('call_ended', 'the leg is not bridged any more');
    const { how } = bridged;
    const own = requireParty();
    const allowed = offeredCodecs(own.codecs[0], how);
    const leg = readOffer(holdByDirection(given, bridged.sdp), { allowed, lastResort: [] });
    const answered = await answerUnasked(exchanges, 'peer', leg, own, {
      protocol: protocolOf(own),
      transcode: own.codecs.filter((codec) => !leg.codecs.includes(codec)),
      suites: suitesInUse(leg),
    });
    bridged = { ...answered.leg, how };
    tellPayloads('peer', parseAudio(answered.sdp).payloads);
    tellHold('peer', holds(leg.sdp));
    return answered.sdp;
  };

  const close: MediaSession['close'] = () => {
    // In turn: an offer that overtakes the deletion would leave a call behind.
    closing ??= inTurn(async () => {
      await endpoint.close();
      await exchanges
        .close()
        .catch((err: unknown) =>
          log.error({ err }, "the media session could not be deleted: rtpengine's time-out will"),
        );
    });
    return closing;
  };

  return {
    source: { rtpengine, callId, partyTag: 'party', peerTag: 'peer' },
    answer: (sdp, first) =>
      exchange(() => {
        preferred = first ?? preferred;
        return answer(sdp);
      }),
    offer: (how = {}) => exchange(() => offer(how)),
    acceptAnswer: (sdp) => exchange(() => acceptAnswer(sdp)),
    offerPeer: (how) => exchange(() => offerPeer(how ?? bridged?.how ?? {})),
    bridge: (sdp, how) => exchange(() => bridge(sdp, how ?? bridged?.how ?? {})),
    unbridge: () => exchange(unbridge),
    answerPeer: (sdp) => exchange(() => answerPeer(sdp)),
    close,
  };
};
