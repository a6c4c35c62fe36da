import { isIP } from 'node:net';
import { parse, type SessionDescription } from 'sdp-transform';
import { SipreelError } from '../errors/error.ts';
import type { PayloadFormat, PayloadMap } from '../rtp/payload.ts';

/** The first audio stream of an SDP that is in use (RFC 8866 §5.14). */
export interface AudioMedia {
  readonly address: string;
  readonly port: number;
  /** Port of RTCP: a=rtcp (RFC 3605), else port + 1. */
  readonly rtcpPort: number;
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** Payload types in order of preference. */
  readonly payloadTypes: readonly number[];
  readonly payloads: PayloadMap;
}

/** Payload types that need no rtpmap: RFC 3551 §6. */
const staticPayloads: PayloadMap = {
  0: { codec: 'PCMU', clockRate: 8000, channels: 1 },
  8: { codec: 'PCMA', clockRate: 8000, channels: 1 },
  // RFC 3551 §4.5.2: the RTP clock of G.722 is 8 kHz although it samples at 16.
  9: { codec: 'G722', clockRate: 8000, channels: 1 },
  13: { codec: 'CN', clockRate: 8000, channels: 1 },
  18: { codec: 'G729', clockRate: 8000, channels: 1 },
};

/**
 * Reads what matters of an SDP.
 * @throws SipreelError sdp_invalid if it is no SDP or has no audio stream.
 */
export const parseAudio = (sdp: string): AudioMedia => {
  const session = parseSession(sdp);
  const audio = session.media?.find((media) => media.type === 'audio' && media.port > 0 && media.port < 65_536);
  if (!audio) throw invalid(sdp, 'it has no audio stream (m=audio with a port)');
  const address = audio.connection?.ip ?? session.connection?.ip;
  if (!address) throw invalid(sdp, 'it has no connection address (c=)');
  if (isIP(address) === 0)
    throw invalid(sdp, `its connection address (c=) is ${JSON.stringify(address.slice(0, 80))}, no IP address`);
  const payloadTypes = String(audio.payloads ?? '')
    .split(' ')
    .filter((text) => /^\d{1,3}$/.test(text))
    .map(Number)
    .filter((number) => number < 128);
  const payloads: Record<number, PayloadFormat> = {};
  for (const payloadType of payloadTypes) {
    const map = audio.rtp.find((rtp) => rtp.payload === payloadType);
    const known = staticPayloads[payloadType];
    if (map?.rate) {
      payloads[payloadType] = {
        codec: map.codec.toUpperCase(),
        clockRate: map.rate,
        channels: Number(map.encoding ?? 1) || 1,
      };
    } else if (known) payloads[payloadType] = known;
  }
  return {
    address,
    port: audio.port,
    rtcpPort: audio.rtcp?.port ?? audio.port + 1,
    direction: audio.direction ?? session.direction ?? 'sendrecv',
    payloadTypes,
    payloads,
  };
};

const parseSession = (sdp: string): SessionDescription => {
  if (!/^v=0\r?\n/.test(sdp)) throw invalid(sdp, 'it does not begin with v=0');
  try {
    return parse(sdp);
  } catch (cause) {
    throw invalid(sdp, 'it cannot be parsed', cause);
  }
};

const invalid = (sdp: string, why: string, cause?: unknown): SipreelError =>
  new SipreelError('sdp_invalid', `the SDP is of no use: ${why}`, { cause, details: { sdp: sdp.slice(0, 2000) } });
