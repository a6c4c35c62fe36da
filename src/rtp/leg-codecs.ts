/** The codecs of legs, by their names in SDP: what rtpengine transcodes in both directions and we can record. */
export const legCodecs = ['PCMU', 'PCMA', 'G722', 'opus', 'G729'] as const;

export type LegCodec = (typeof legCodecs)[number];

/** The codec of that name, in whatever case it is written; undefined if it is none of a leg's. */
export const legCodecNamed = (name: string): LegCodec | undefined =>
  legCodecs.find((codec) => codec.toUpperCase() === name.toUpperCase());
