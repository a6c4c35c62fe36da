import { parse, write } from 'sdp-transform';
import type { AudioMedia } from './audio.ts';

/** The SDP with these payload types of its audio alone: what was agreed, so that nobody chooses anew. */
export const narrowAudio = (sdp: string, payloadTypes: readonly number[]): string => {
  const session = parse(sdp);
  const kept = new Set(payloadTypes);
  for (const media of session.media) {
    if (media.type !== 'audio' || media.port === 0) continue;
    const order = String(media.payloads ?? '')
      .split(' ')
      .filter((payloadType) => kept.has(Number(payloadType)));
    // Nothing in common: it is left as it is, and who reads it says so.
    if (order.length === 0) continue;
    media.payloads = order.join(' ');
    media.rtp = media.rtp.filter(({ payload }) => kept.has(payload));
    media.fmtp = media.fmtp.filter(({ payload }) => kept.has(payload));
  }
  return write(session);
};

/** The SDP with the payload types of another one's audio, in all else as it is; what they are tuned to is that side's business. */
export const withPayloadsOf = (sdp: string, other: string): string => {
  const session = parse(sdp);
  const from = parse(other).media.find((media) => media.type === 'audio' && media.port > 0);
  const to = session.media.find((media) => media.type === 'audio' && media.port > 0);
  if (!from || !to) return sdp;
  to.payloads = String(from.payloads ?? '');
  to.rtp = from.rtp;
  const events = new Set(
    from.rtp.filter(({ codec }) => /^telephone-event$/i.test(codec)).map(({ payload }) => payload),
  );
  to.fmtp = from.fmtp.filter(({ payload }) => events.has(payload));
  return write(session);
};

/** The SDP with this direction of its audio (RFC 8866 §6.7). */
export const withDirection = (sdp: string, direction: AudioMedia['direction']): string => {
  const session = parse(sdp);
  delete session.direction;
  for (const media of session.media) if (media.type === 'audio') media.direction = direction;
  return write(session);
};

/** The direction of an answer to an offer of this direction by somebody who would send and receive (RFC 3264 §6.1). */
export const answerTo = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
} as const satisfies Record<AudioMedia['direction'], AudioMedia['direction']>;
