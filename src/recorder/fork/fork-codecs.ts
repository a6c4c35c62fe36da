import type { PayloadMap } from '../../rtp/payload.ts';

/**
 * What is asked of rtpengine for each fork: G.729, which we can't decode, as PCMA; every other codec as it is, byte for byte and
 * at no cost. rtpengine looks at it when it is asked, so a direction that changes to G.729 later is to be asked for anew.
 */
export const forkCodecs = { mask: ['G729'], transcode: ['PCMA'] } as const;

const isSound = (codec: string): boolean => codec !== 'TELEPHONE-EVENT' && codec !== 'CN';

/** What a fork carries, by its SDP: PCMA is in it because we have asked for it, and meant only if there is nothing else. */
export const withoutAdded = (payloads: PayloadMap): PayloadMap => {
  const sound = Object.values(payloads).filter(({ codec }) => isSound(codec));
  const added = forkCodecs.transcode[0];
  if (!sound.some(({ codec }) => codec !== added)) return payloads;
  return Object.fromEntries(Object.entries(payloads).filter(([, { codec }]) => codec !== added));
};

/** True where a fork of these has to be asked for anew, as rtpengine would hand on what it gets. */
export const needsRenewal = (payloads: PayloadMap): boolean =>
  Object.values(payloads).some(({ codec }) => forkCodecs.mask.some((masked) => masked === codec.toUpperCase()));
