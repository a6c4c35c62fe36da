import type { PayloadMap } from '../rtp/payload.ts';

export interface AudioDescription {
  readonly address: string;
  readonly port: number;
  readonly payloadTypes: readonly number[];
  readonly payloads: PayloadMap;
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  /** Where RTCP is taken; a=rtcp (RFC 3605). Left out: port + 1. */
  readonly rtcpPort?: number;
}

/** An SDP with one audio stream (RFC 8866). */
export const writeAudio = (audio: AudioDescription): string => {
  const family = audio.address.includes(':') ? 'IP6' : 'IP4';
  const lines = [
    'v=0',
    `o=sipreel 1 1 IN ${family} ${audio.address}`,
    's=sipreel',
    `c=IN ${family} ${audio.address}`,
    't=0 0',
    `m=audio ${audio.port} RTP/AVP ${audio.payloadTypes.join(' ')}`,
  ];
  for (const payloadType of audio.payloadTypes) {
    const format = audio.payloads[payloadType];
    if (!format) continue;
    const channels = format.channels > 1 ? `/${format.channels}` : '';
    const codec = format.codec === 'TELEPHONE-EVENT' ? 'telephone-event' : format.codec;
    lines.push(`a=rtpmap:${payloadType} ${codec}/${format.clockRate}${channels}`);
    if (format.codec === 'TELEPHONE-EVENT') lines.push(`a=fmtp:${payloadType} 0-15`);
  }
  lines.push(`a=${audio.direction}`);
  if (audio.rtcpPort !== undefined) lines.push(`a=rtcp:${audio.rtcpPort}`);
  return `${lines.join('\r\n')}\r\n`;
};
