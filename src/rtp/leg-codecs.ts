/** The codecs of legs, by their names in SDP: what rtpengine transcodes in both directions and we can record. */
export const legCodecs = ['PCMU', 'PCMA', 'G722', 'opus', 'G729'] as const;

export type LegCodec = (typeof legCodecs)[number];
