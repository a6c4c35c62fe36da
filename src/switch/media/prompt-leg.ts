import { SipreelError } from '../../errors/error.ts';
import type { LegCodec } from '../../rtp/leg-codecs.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import { type AudioMedia, parseAudio } from '../../sdp/audio.ts';
import { answerTo } from '../../sdp/edit.ts';
import { writeAudio } from '../../sdp/write.ts';
import { eventTypes, legCodecOf, namesIn } from './codecs.ts';
import type { PromptEndpoint } from './prompt/endpoint.ts';
import type { PromptCodec } from './prompt/packetizer.ts';

/** Our prompt endpoint as a leg of the call: what it says in offers and answers. */
export interface PromptLeg {
  /** Its offer, for a call whose INVITE has none. */
  offer(): string;
  /** Its answer to what rtpengine offers it, and where its sound goes from now on; and what its payload types mean. */
  answer(offer: string): { readonly sdp: string; readonly payloads: PayloadMap };
  /** Sends its sound to where rtpengine answers it from. */
  connect(answer: string): void;
}

/** What prompts are sent as: G.711, in which they cost nothing to speak of; rtpengine transcodes for parties that take neither. */
const isPromptCodec = (codec: LegCodec | undefined): codec is PromptCodec => codec === 'PCMU' || codec === 'PCMA';

const offered: PayloadMap = {
  0: { codec: 'PCMU', clockRate: 8000, channels: 1 },
  8: { codec: 'PCMA', clockRate: 8000, channels: 1 },
  101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 },
};

export const createPromptLeg = (endpoint: PromptEndpoint): PromptLeg => {
  /** Answers the payload types that it has taken. */
  const connect = (media: AudioMedia): readonly number[] => {
    const { address, port, payloads } = media;
    const { codec, payloadType } = choosePromptCodec(media);
    const [eventPayloadType] = eventTypes(media).filter((type) => payloads[type]?.clockRate === 8000);
    const events = eventPayloadType === undefined ? {} : { eventPayloadType };
    endpoint.connect({ address, port, codec, payloadType, ...events });
    return eventPayloadType === undefined ? [payloadType] : [payloadType, eventPayloadType];
  };

  /** The next port may be another call's: RTCP for us comes to the port that nobody reads. */
  const here = () => ({ address: endpoint.address, port: endpoint.port, rtcpPort: endpoint.port });

  return {
    offer: () => writeAudio({ ...here(), payloadTypes: [0, 8, 101], payloads: offered, direction: 'sendrecv' }),
    answer(offer) {
      const media = parseAudio(offer);
      const { payloads } = media;
      const payloadTypes = connect(media);
      const sdp = writeAudio({ ...here(), payloadTypes, payloads, direction: answerTo[media.direction] });
      return { sdp, payloads: Object.fromEntries(payloadTypes.flatMap((type) => entryOf(payloads, type))) };
    },
    connect: (answer) => void connect(parseAudio(answer)),
  };
};

const entryOf = (payloads: PayloadMap, payloadType: number) => {
  const format = payloads[payloadType];
  return format ? [[payloadType, format] as const] : [];
};

/** The codec of the prompts: the first of PCMU and PCMA that rtpengine offers. @throws SipreelError codec_unsupported */
const choosePromptCodec = (media: AudioMedia): { codec: PromptCodec; payloadType: number } => {
  for (const payloadType of media.payloadTypes) {
    const codec = legCodecOf(media.payloads[payloadType]);
    if (isPromptCodec(codec)) return { codec, payloadType };
  }
  throw new SipreelError('codec_unsupported', `no codec for prompts: rtpengine offers ${namesIn(media)}`);
};
