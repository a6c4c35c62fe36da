import { SipreelError } from '../../errors/error.ts';
import { type LegCodec, legCodecs } from '../../rtp/leg-codecs.ts';
import { parseAudio } from '../../sdp/audio.ts';
import { narrowAudio } from '../../sdp/edit.ts';
import {
  type Crypto,
  cryptosOf,
  plainProtocol,
  readSecurity,
  type Security,
  type SrtpMode,
  secureProtocol,
  withSecurity,
} from '../../sdp/security.ts';
import { codecTypes, eventTypes, legCodecOf, namesIn } from './codecs.ts';

/** A leg's offer or answer, and how rtpengine is told of it. */
export interface LegSdp {
  /**
   * For rtpengine: nothing in it is left to choose. Its one key, if it has one, has a tag of its own, as a leg may number its
   * keys anew in each offer, and rtpengine would then take ours for new too.
   */
  readonly sdp: string;
  readonly codecs: readonly [LegCodec, ...LegCodec[]];
  /** Of the m= line. */
  readonly protocol: string;
  /** SDES: as the leg has it. */
  readonly crypto?: Crypto;
}

/** Our tag of a leg's key towards rtpengine. */
const ownTag = 1;

/** The codecs that a party may have. */
export interface PartyCodecs {
  /** Default: all. */
  readonly allowed?: readonly LegCodec[] | undefined;
  /** Of these, what is chosen where it offers nothing else, as it costs most to transcode. Default: opus and G729. */
  readonly lastResort?: readonly LegCodec[] | undefined;
}

/**
 * The offer of a leg, cut down to the first of these codecs that it names, and to one key.
 * @throws SipreelError sdp_invalid, codec_unsupported, srtp_unsupported
 */
export const readOffer = (
  sdp: string,
  { allowed: codecs = legCodecs, lastResort = ['opus', 'G729'] }: PartyCodecs = {},
): LegSdp => {
  const media = parseAudio(sdp);
  const preferred = codecs.filter((codec) => !lastResort.includes(codec));
  const first = [...codecTypes(media, preferred), ...codecTypes(media, codecs)][0];
  const codec = first === undefined ? undefined : legCodecOf(media.payloads[first]);
  if (first === undefined || codec === undefined) throw noCodec('offer', namesIn(media), codecs);
  return legSdp(narrowAudio(sdp, [first, ...eventTypes(media)]), readSecurity(sdp), [codec], ownTag);
};

/** What a leg may have where some codecs are preferred: those of them that it offers, if it offers one. */
export const preferring = (sdp: string, preferred: readonly LegCodec[], chosen: PartyCodecs): PartyCodecs => {
  const { allowed = legCodecs } = chosen;
  const possible = allowed.filter((codec) => preferred.includes(codec));
  return codecTypes(parseAudio(sdp), possible).length > 0 ? { allowed: possible, lastResort: [] } : chosen;
};

/**
 * The answer of a leg that was offered these codecs; with a key if it was offered ones and has taken one.
 * @throws SipreelError sdp_invalid, codec_unsupported, srtp_unsupported
 */
export const readAnswer = (sdp: string, codecs: readonly LegCodec[]): LegSdp => {
  const media = parseAudio(sdp);
  const types = codecTypes(media, codecs);
  const [first, ...others] = types.flatMap((payloadType) => legCodecOf(media.payloads[payloadType]) ?? []);
  if (first === undefined) throw noCodec('answer', namesIn(media), codecs);
  return legSdp(narrowAudio(sdp, [...types, ...eventTypes(media)]), readSecurity(sdp), [first, ...others]);
};

const legSdp = (
  sdp: string,
  { protocol, crypto }: Security,
  codecs: readonly [LegCodec, ...LegCodec[]],
  tag?: number,
): LegSdp => {
  if (crypto === undefined) return { sdp: withSecurity(sdp, protocol, []), codecs, protocol };
  const forRtpengine = withSecurity(sdp, secureProtocol(protocol), [{ ...crypto, tag: tag ?? crypto.tag }]);
  return { sdp: forRtpengine, codecs, protocol, crypto };
};

/** The protocol that rtpengine speaks with a leg. */
export const protocolOf = ({ protocol, crypto }: LegSdp): string => (crypto ? secureProtocol(protocol) : protocol);

/**
 * The answer of a leg, without keys if it was offered none.
 * @throws SipreelError srtp_unsupported if it speaks SRTP and was not offered it, or does not and has to
 */
export const securedAs = (srtp: SrtpMode, leg: LegSdp): LegSdp => {
  const { protocol, codecs } = leg;
  const unsupported = (why: string): SipreelError =>
    new SipreelError('srtp_unsupported', `the answer is ${protocol}${why}`, { details: { protocol, srtp } });
  if (leg.crypto === undefined && protocol !== plainProtocol(protocol)) throw unsupported(', which was not offered');
  if (srtp === 'require' && leg.crypto === undefined) throw unsupported(' without a key, and SRTP is required');
  if (srtp !== 'off') return leg;
  if (protocol !== plainProtocol(protocol)) throw unsupported(', which was not offered');
  return { sdp: withSecurity(leg.sdp, protocol, []), codecs, protocol };
};

/** What rtpengine has made for a leg, as the leg gets it: under its own protocol, and with the tag of its own key. */
export const forLeg = (leg: LegSdp, made: string): string => {
  const { crypto, protocol } = leg;
  if (crypto === undefined) return made;
  const line = keyFor(leg, made);
  return withSecurity(made, protocol, [{ ...line, tag: crypto.tag }]);
};

/** The key that rtpengine uses towards a leg, of the suite that the leg uses. */
export const keyFor = ({ crypto }: LegSdp, made: string): Crypto => {
  const line = cryptosOf(made).find(({ suite }) => suite === crypto?.suite);
  if (line) return line;
  throw new SipreelError('rtpengine_refused', `rtpengine made no key of ${crypto?.suite ?? 'no suite'} for the leg`);
};

/** The leg's SDP with its key under the tag that rtpengine has given to its own one. */
export const taggedAs = (leg: LegSdp, tag: number): LegSdp => {
  const { crypto } = leg;
  if (crypto === undefined) return leg;
  return { ...leg, sdp: withSecurity(leg.sdp, secureProtocol(leg.protocol), [{ ...crypto, tag }]) };
};

const noCodec = (what: 'offer' | 'answer', has: string, codecs: readonly LegCodec[]): SipreelError =>
  new SipreelError(
    'codec_unsupported',
    `no usable codec: the ${what} has ${has}, and usable are ${codecs.join(', ')}`,
    {
      details: { has, usable: codecs },
    },
  );
