import { type LegCodec, legCodecNamed } from '../../rtp/leg-codecs.ts';
import { parseAudio } from '../../sdp/audio.ts';
import { narrowAudio } from '../../sdp/edit.ts';
import { cryptosOf, plainProtocol, readSecurity, type SrtpMode, withSecurity } from '../../sdp/security.ts';
import { codecTypes, eventTypes } from './codecs.ts';

/** What is offered to a leg that is dialled. */
export interface PeerMedia {
  /** The only codecs that are offered. Default: the party's own and G.711. */
  readonly codecs?: readonly string[] | undefined;
  /** Default: off, however the party speaks. */
  readonly srtp?: SrtpMode | undefined;
}

const g711: readonly LegCodec[] = ['PCMU', 'PCMA'];

/** The codecs that are offered to a leg, the party's own first: what needs no transcoding is preferred. */
export const offeredCodecs = (own: LegCodec, { codecs }: PeerMedia): readonly LegCodec[] => {
  const wanted = codecs ? codecs.flatMap((name) => legCodecNamed(name) ?? []) : [own, ...g711];
  return [...new Set(wanted.includes(own) ? [own, ...wanted] : wanted)];
};

/** What rtpengine is to offer beside the party's own codec, so that each of these and our prompts can be the peer. */
export const transcodedTo = (own: LegCodec, codecs: readonly LegCodec[]): readonly LegCodec[] => {
  const others = codecs.filter((codec) => codec !== own);
  return [own, ...others].some((codec) => g711.includes(codec)) ? others : [...others, 'PCMA'];
};

/** rtpengine's offer, which may be for several legs and our prompts, as one of these legs gets it. */
export const shownTo = (offer: string, own: LegCodec, peer: PeerMedia): string => {
  const media = parseAudio(offer);
  const narrowed = narrowAudio(offer, [...codecTypes(media, offeredCodecs(own, peer)), ...eventTypes(media)]);
  const { protocol } = readSecurity(offer);
  switch (peer.srtp ?? 'off') {
    case 'off':
      return withSecurity(narrowed, plainProtocol(protocol), []);
    case 'optional':
      return withSecurity(narrowed, plainProtocol(protocol), cryptosOf(offer));
    case 'require':
      return narrowed;
  }
};
