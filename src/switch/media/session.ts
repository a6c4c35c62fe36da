import type { Logger } from 'pino';
import { SipreelError } from '../../errors/error.ts';
import type { ForkSource } from '../../recorder/fork/fork.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import type { Rtpengine } from '../../rtpengine/rtpengine.ts';
import { type AudioMedia, parseAudio } from '../../sdp/audio.ts';
import { answerTo, narrowAudio, withDirection } from '../../sdp/edit.ts';
import { holdByDirection } from '../../sdp/hold.ts';
import { writeAudio } from '../../sdp/write.ts';
import { createTurns } from '../in-turn.ts';
import type { PromptEndpoint } from './prompt/endpoint.ts';
import type { PromptCodec } from './prompt/packetizer.ts';

/** rtpengine's tags are ours, not SIP's, and fixed for the whole life of the call: see ForkSource. */
const party = 'party';
const peer = 'peer';

/** The media of one call: an rtpengine call whose peer is our own prompt endpoint, or another leg that is bridged. */
export interface MediaSession {
  /** For a recorder: which rtpengine call, and which of its tags is whom. */
  readonly source: ForkSource;
  /**
   * The party's offer -> the answer for its 200 or re-INVITE; the peer is not asked again.
   * @throws SipreelError sdp_invalid, codec_unsupported, rtpengine_away, rtpengine_refused
   */
  answer(offer: string): Promise<string>;
  /**
   * For an INVITE or re-INVITE without SDP: the offer for its 200.
   * @param codecs the only ones that are offered; left out: all that we have
   */
  offer(codecs?: readonly string[]): Promise<string>;
  /** The party's answer to offer(), from its ACK. */
  acceptAnswer(answer: string): Promise<void>;
  /**
   * The SDP for INVITEs to those who may become the peer; one for all, because the answer decides. Prompts go on. Also for
   * the 200 to a bridged leg's re-INVITE without SDP; bridge() takes the answer.
   * @param codecs the only ones that are offered, in this order; left out: what the party has
   */
  offerPeer(codecs?: readonly string[]): Promise<string>;
  /**
   * Makes the leg that answered with this SDP the peer: prompts pause. Again, and it is another one.
   * @param codecs what offerPeer got for it
   */
  bridge(answer: string, codecs?: readonly string[]): Promise<void>;
  /** Makes our prompt endpoint the peer again, if it is not. */
  unbridge(): Promise<void>;
  /** The bridged leg's re-INVITE: its offer -> our answer. */
  answerPeer(offer: string): Promise<string>;
  /** Deletes the rtpengine call and closes the endpoint. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** Every offer and answer keeps the ports it has: without `port latching` an answer names a new one. */
const common = { flags: ['port latching'], replace: ['origin', 'session-connection'] };

/**
 * Our own endpoint sends from the address that its SDP names. Without these flags rtpengine learns its address anew from
 * whoever else sends to that port, such as a caller before who goes on talking, and plays their sound to the party.
 */
const own = { ...common, flags: [...common.flags, 'asymmetric', 'strict source'] };

/** A leg that takes only the other G.711 law than the party gets it: neither renegotiates. */
const bothLaws = { codec: { transcode: ['PCMU', 'PCMA'] } };

/** What the peer is offered. Keys go on as events: they are no codec that could be chosen. */
const peerCodecs = (codecs: readonly string[] | undefined): object =>
  codecs === undefined ? bothLaws : { codec: { mask: ['all'], except: ['telephone-event'], transcode: codecs } };

export const createMediaSession = (options: {
  readonly rtpengine: Pick<Rtpengine, 'command'>;
  readonly callId: string;
  readonly endpoint: PromptEndpoint;
  /** What the payload types of a direction mean from now on: of the party, or of whoever is the peer. */
  readonly onPayloads?: (of: 'party' | 'peer', payloads: PayloadMap) => void;
  readonly log: Logger;
}): MediaSession => {
  const { rtpengine, callId, endpoint, onPayloads, log } = options;
  const inTurn = createTurns();
  let closing: Promise<void> | undefined;
  let opened = false;
  /** The party's SDP, cut down to what was agreed. */
  let remote: string | undefined;
  /** The bridged leg's SDP; undefined while the peer is our prompt endpoint. */
  let bridged: string | undefined;
  /** True from the first offer to a leg until our endpoint is the peer again. */
  let peerOffered = false;

  /** One exchange at a time, and none after the end: it would make the call anew. */
  const exchange = <T>(work: () => Promise<T>): Promise<T> =>
    inTurn(async () => {
      if (closing !== undefined) throw new SipreelError('call_ended', 'the media session is closed');
      return work();
    });

  const offerFrom = async (tag: string, sdp: string, more: object = {}): Promise<string> => {
    opened = true;
    const { sdp: made } = await rtpengine.command('offer', {
      ...common,
      'call-id': callId,
      'from-tag': tag,
      ICE: 'remove',
      'rtcp-mux': ['demux'],
      ...more,
      sdp,
    });
    return requireSdp(made, 'offer');
  };

  /** `of` is who made the offer. */
  const answerOf = async (of: string, sdp: string, more: object = common): Promise<string> => {
    const { sdp: made } = await rtpengine.command('answer', {
      ...more,
      'call-id': callId,
      'from-tag': of,
      'to-tag': of === party ? peer : party,
      sdp,
    });
    return requireSdp(made, 'answer');
  };

  /** Points the prompts at rtpengine's port for the peer, in the codec that the party prefers. */
  const connect = (media: AudioMedia): { codec: PromptCodec; payloadType: number } => {
    const chosen = choosePromptCodec(media);
    const [eventPayloadType] = eventPayload(media.payloads);
    const events = eventPayloadType === undefined ? {} : { eventPayloadType };
    endpoint.connect({ address: media.address, port: media.port, ...chosen, ...events });
    return chosen;
  };

  /** Our endpoint's answer to what rtpengine offers it. */
  const answerByPrompts = (toPeer: string): string => {
    const media = parseAudio(toPeer);
    const { payloadType } = connect(media);
    onPayloads?.('peer', media.payloads);
    return writeAudio({
      address: endpoint.address,
      port: endpoint.port,
      payloadTypes: [payloadType, ...eventPayload(media.payloads)],
      payloads: media.payloads,
      direction: answerTo[media.direction],
      // The next port may be another call's: RTCP for us comes to the port that nobody reads.
      rtcpPort: endpoint.port,
    });
  };

  const requireRemote = (): string => {
    if (remote !== undefined) return remote;
    throw new SipreelError('internal_error', 'the party has no media yet');
  };

  /** The party as others see it: each side holds for itself, and resumes without a word to the other. */
  const partyForOthers = (): string => withDirection(requireRemote(), 'sendrecv');

  const answer = async (given: string): Promise<string> => {
    const offer = holdByDirection(given, remote);
    const direction = answerTo[parseAudio(offer).direction];
    const toPeer = await offerFrom(party, offer, bridged === undefined ? {} : bothLaws);
    const ofPeer = bridged === undefined ? answerByPrompts(toPeer) : withDirection(bridged, direction);
    const local = await answerOf(party, ofPeer, bridged === undefined ? own : common);
    const agreed = parseAudio(local);
    remote = narrowAudio(offer, agreed.payloadTypes);
    onPayloads?.('party', agreed.payloads);
    return local;
  };

  const offer = async (codecs?: readonly string[]): Promise<string> => {
    if (bridged !== undefined) {
      return offerFrom(peer, withDirection(bridged, 'sendrecv'), { 'to-tag': party, ...bothLaws });
    }
    const payloads: PayloadMap = {
      0: { codec: 'PCMU', clockRate: 8000, channels: 1 },
      8: { codec: 'PCMA', clockRate: 8000, channels: 1 },
      101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 },
    };
    const { address, port } = endpoint;
    const ours = { address, port, payloadTypes: [0, 8, 101], payloads, direction: 'sendrecv', rtcpPort: port } as const;
    return offerFrom(peer, writeAudio(ours), { ...own, ...(codecs ? peerCodecs(codecs) : {}) });
  };

  const acceptAnswer = async (given: string): Promise<void> => {
    const sdp = holdByDirection(given, remote);
    const { payloads } = parseAudio(sdp);
    const toPeer = parseAudio(await answerOf(peer, sdp));
    if (bridged === undefined) connect(toPeer);
    remote = narrowAudio(sdp, toPeer.payloadTypes);
    onPayloads?.('party', payloads);
  };

  const offerPeer = async (codecs?: readonly string[]): Promise<string> => {
    peerOffered = true;
    return offerFrom(party, partyForOthers(), peerCodecs(codecs));
  };

  /** Offered once more, though the legs ring with an offer already: a re-INVITE may have come between. */
  const bridge = async (given: string, codecs?: readonly string[]): Promise<void> => {
    const sdp = holdByDirection(given, bridged);
    const { payloads } = parseAudio(sdp);
    requireCommonCodec(await offerPeer(codecs), sdp);
    await answerOf(party, sdp);
    bridged = sdp;
    endpoint.pause();
    onPayloads?.('peer', payloads);
  };

  const unbridge = async (): Promise<void> => {
    if (!peerOffered) return;
    // Whoever is on hold hears prompts all the same: how it has us send to it is its business and stays.
    await answerOf(party, answerByPrompts(await offerFrom(party, partyForOthers())), own);
    bridged = undefined;
    peerOffered = false;
    endpoint.resume();
  };

  const answerPeer = async (given: string): Promise<string> => {
    if (!peerOffered) throw new SipreelError('call_ended', 'the leg is not bridged any more');
    const sdp = holdByDirection(given, bridged);
    const { direction, payloads } = parseAudio(sdp);
    const { codec } = choosePromptCodec(parseAudio(requireRemote()));
    await offerFrom(peer, sdp, { 'to-tag': party, codec: { transcode: [codec] } });
    const peerLocal = await answerOf(peer, withDirection(requireRemote(), answerTo[direction]));
    bridged = sdp;
    onPayloads?.('peer', payloads);
    return peerLocal;
  };

  const close: MediaSession['close'] = () => {
    // In turn: an offer that overtakes the deletion would leave a call behind.
    closing ??= inTurn(async () => {
      await endpoint.close();
      if (!opened) return;
      // Without delete-delay rtpengine keeps the ports for another 30 s; with a from-tag it keeps the call for the peer.
      await rtpengine
        .command('delete', { 'call-id': callId, 'delete-delay': 0 })
        .catch((err: unknown) =>
          log.error({ err }, "the media session could not be deleted: rtpengine's time-out will"),
        );
    });
    return closing;
  };

  return {
    source: { rtpengine, callId, partyTag: party, peerTag: peer },
    answer: (sdp) => exchange(() => answer(sdp)),
    offer: (codecs) => exchange(() => offer(codecs)),
    acceptAnswer: (sdp) => exchange(() => acceptAnswer(sdp)),
    offerPeer: (codecs) => exchange(() => offerPeer(codecs)),
    bridge: (sdp, codecs) => exchange(() => bridge(sdp, codecs)),
    unbridge: () => exchange(unbridge),
    answerPeer: (sdp) => exchange(() => answerPeer(sdp)),
    close,
  };
};

/**
 * The codec of the prompts: the first of PCMU and PCMA that the party names.
 * @throws SipreelError codec_unsupported
 */
export const choosePromptCodec = (media: AudioMedia): { codec: PromptCodec; payloadType: number } => {
  for (const payloadType of media.payloadTypes) {
    const codec = media.payloads[payloadType]?.codec;
    if (codec === 'PCMU' || codec === 'PCMA') return { codec, payloadType };
  }
  const offered = media.payloadTypes.map((payloadType) => media.payloads[payloadType]?.codec ?? payloadType);
  throw new SipreelError('codec_unsupported', `no usable codec: the SDP has ${offered.join(', ') || 'none'}`, {
    details: { offered },
  });
};

/** @throws SipreelError codec_unsupported where the answer has no codec of the offer: nobody could be heard. */
const requireCommonCodec = (offer: string, answer: string): void => {
  const offered = Object.values(parseAudio(offer).payloads).map(({ codec }) => codec);
  const { payloadTypes, payloads } = parseAudio(answer);
  const answered = payloadTypes.map((payloadType) => payloads[payloadType]?.codec ?? String(payloadType));
  const isSound = (codec: string): boolean => codec !== 'TELEPHONE-EVENT' && codec !== 'CN';
  if (answered.some((codec) => isSound(codec) && offered.includes(codec))) return;
  throw new SipreelError('codec_unsupported', `no usable codec: the answer has ${answered.join(', ') || 'none'}`, {
    details: { offered, answered },
  });
};

const eventPayload = (payloads: PayloadMap): number[] =>
  Object.entries(payloads)
    .filter(([, format]) => format.codec === 'TELEPHONE-EVENT' && format.clockRate === 8000)
    .map(([payloadType]) => Number(payloadType))
    .slice(0, 1);

const requireSdp = (sdp: string | undefined, command: string): string => {
  if (sdp) return sdp;
  throw new SipreelError('rtpengine_refused', `rtpengine answered ${command} without an SDP`);
};
