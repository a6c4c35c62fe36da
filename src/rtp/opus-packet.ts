/** The clock of Opus in RTP, whatever the sound's bandwidth (RFC 7587 section 4.1). */
export const opusClockRate = 48_000;

/** Ticks of one frame by the five configuration bits (RFC 6716 section 3.1, table 2). */
const frameTicks = (configuration: number): number => {
  if (configuration < 12) return [480, 960, 1920, 2880][configuration & 3] ?? 0;
  if (configuration < 16) return (configuration & 1) === 0 ? 480 : 960;
  return [120, 240, 480, 960][configuration & 3] ?? 0;
};

const longestFrame = 1275;
/** 120 ms. */
const mostTicks = 5760;

/**
 * What an Opus packet covers in ticks of 48 kHz, or 0 if it is malformed: the checks of RFC 6716 section 3.4 (R1 to R7), so that
 * what passes here a decoder takes.
 */
export const opusTicks = (packet: Uint8Array): number => {
  const first = packet[0];
  if (first === undefined) return 0;
  const ticks = frameTicks(first >> 3);
  const rest = packet.length - 1;
  switch (first & 3) {
    case 0:
      return rest <= longestFrame ? ticks : 0;
    case 1:
      return rest % 2 === 0 && rest / 2 <= longestFrame ? 2 * ticks : 0;
    case 2: {
      const length = frameLength(packet, 1);
      if (length === undefined) return 0;
      const last = packet.length - length.next - length.bytes;
      return last >= 0 && last <= longestFrame ? 2 * ticks : 0;
    }
    default:
      return manyFrames(packet) * ticks <= mostTicks ? manyFrames(packet) * ticks : 0;
  }
};

/** A frame's length and where it is followed (RFC 6716 section 3.2.1). */
const frameLength = (packet: Uint8Array, at: number): { readonly bytes: number; readonly next: number } | undefined => {
  const low = packet[at];
  if (low === undefined) return undefined;
  if (low < 252) return { bytes: low, next: at + 1 };
  const high = packet[at + 1];
  return high === undefined ? undefined : { bytes: high * 4 + low, next: at + 2 };
};

/** The number of frames of a code 3 packet, 0 if it is malformed. */
const manyFrames = (packet: Uint8Array): number => {
  const counts = packet[1];
  if (counts === undefined) return 0;
  const frames = counts & 0x3f;
  let at = 2;
  let end = packet.length;
  if ((counts & 0x40) !== 0) {
    for (let padding = 255; padding === 255; at++) {
      padding = packet[at] ?? 256;
      if (padding === 256) return 0;
      end -= padding === 255 ? 254 : padding;
    }
  }
  if (frames === 0 || end < at) return 0;
  if ((counts & 0x80) === 0) {
    const bytes = (end - at) / frames;
    return Number.isInteger(bytes) && bytes <= longestFrame ? frames : 0;
  }
  for (let frame = 1; frame < frames; frame++) {
    const length = frameLength(packet, at);
    if (length === undefined) return 0;
    at = length.next;
    end -= length.bytes;
  }
  return end >= at && end - at <= longestFrame ? frames : 0;
};
