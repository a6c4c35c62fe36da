import type { Logger } from 'pino';
import { SipreelError } from '../../errors/error.ts';
import type { ForkSource } from '../../recorder/fork/fork.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import type { Rtpengine } from '../../rtpengine/rtpengine.ts';
import { type AudioMedia, parseAudio } from '../../sdp/audio.ts';
import { writeAudio } from '../../sdp/write.ts';
import type { PromptEndpoint } from './prompt/endpoint.ts';
import type { PromptCodec } from './prompt/packetizer.ts';

/** rtpengine's tags are ours, not SIP's, and fixed for the whole life of the call: see ForkSource. */
const party = 'party';
const peer = 'peer';

/** The media of one call: an rtpengine call whose peer is our own prompt endpoint. */
export interface MediaSession {
  /** For a recorder: which rtpengine call, and which of its tags is whom. */
  readonly source: ForkSource;
  /**
   * The party's offer -> the answer for its 200 or re-INVITE.
   * @throws SipreelError sdp_invalid, codec_unsupported, rtpengine_away, rtpengine_refused
   */
  answer(offer: string): Promise<string>;
  /** For an INVITE without SDP: the offer for its 200. */
  offer(): Promise<string>;
  /** The party's answer to offer(), from its ACK. */
  acceptAnswer(answer: string): Promise<void>;
  /** What the party was sent last. */
  localSdp(): string | undefined;
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

const answerDirection = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
} as const;

export const createMediaSession = (options: {
  readonly rtpengine: Rtpengine;
  readonly callId: string;
  readonly endpoint: PromptEndpoint;
  readonly log: Logger;
}): MediaSession => {
  const { rtpengine, callId, endpoint, log } = options;
  let closing: Promise<void> | undefined;
  let opened = false;
  let local: string | undefined;

  /** Points the prompts at rtpengine's port for the peer, in the codec that the party prefers. */
  const connect = (media: AudioMedia): { codec: PromptCodec; payloadType: number } => {
    const chosen = choosePromptCodec(media);
    endpoint.connect({ address: media.address, port: media.port, ...chosen });
    return chosen;
  };

  const answer: MediaSession['answer'] = async (offer) => {
    opened = true;
    const toPeer = await rtpengine.command('offer', {
      ...common,
      'call-id': callId,
      'from-tag': party,
      sdp: offer,
      ICE: 'remove',
      'rtcp-mux': ['demux'],
    });
    const media = parseAudio(requireSdp(toPeer.sdp, 'offer'));
    const { payloadType } = connect(media);
    const events = eventPayload(media.payloads);
    const toParty = await rtpengine.command('answer', {
      ...own,
      'call-id': callId,
      'from-tag': party,
      'to-tag': peer,
      sdp: writeAudio({
        address: endpoint.address,
        port: endpoint.port,
        payloadTypes: [payloadType, ...events],
        payloads: media.payloads,
        direction: answerDirection[media.direction],
        // The next port may be another call's: RTCP for us comes to the port that nobody reads.
        rtcpPort: endpoint.port,
      }),
    });
    local = requireSdp(toParty.sdp, 'answer');
    return local;
  };

  const offer: MediaSession['offer'] = async () => {
    opened = true;
    const payloads: PayloadMap = {
      0: { codec: 'PCMU', clockRate: 8000, channels: 1 },
      8: { codec: 'PCMA', clockRate: 8000, channels: 1 },
      101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 },
    };
    const toParty = await rtpengine.command('offer', {
      ...own,
      'call-id': callId,
      'from-tag': peer,
      sdp: writeAudio({
        address: endpoint.address,
        port: endpoint.port,
        payloadTypes: [0, 8, 101],
        payloads,
        direction: 'sendrecv',
        rtcpPort: endpoint.port,
      }),
    });
    local = requireSdp(toParty.sdp, 'offer');
    return local;
  };

  const acceptAnswer: MediaSession['acceptAnswer'] = async (sdp) => {
    const toPeer = await rtpengine.command('answer', {
      ...common,
      'call-id': callId,
      'from-tag': peer,
      'to-tag': party,
      sdp,
    });
    connect(parseAudio(requireSdp(toPeer.sdp, 'answer')));
  };

  const close: MediaSession['close'] = () => {
    closing ??= (async () => {
      await endpoint.close();
      if (!opened) return;
      // Without delete-delay rtpengine keeps the ports for another 30 s; with a from-tag it keeps the call for the peer.
      await rtpengine
        .command('delete', { 'call-id': callId, 'delete-delay': 0 })
        .catch((err: unknown) =>
          log.error({ err }, "the media session could not be deleted: rtpengine's time-out will"),
        );
    })();
    return closing;
  };

  return {
    source: { rtpengine, callId, partyTag: party, peerTag: peer },
    answer,
    offer,
    acceptAnswer,
    localSdp: () => local,
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

const eventPayload = (payloads: PayloadMap): number[] =>
  Object.entries(payloads)
    .filter(([, format]) => format.codec === 'TELEPHONE-EVENT' && format.clockRate === 8000)
    .map(([payloadType]) => Number(payloadType))
    .slice(0, 1);

const requireSdp = (sdp: string | undefined, command: string): string => {
  if (sdp) return sdp;
  throw new SipreelError('rtpengine_refused', `rtpengine answered ${command} without an SDP`);
};
