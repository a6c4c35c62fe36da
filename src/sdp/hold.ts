import { parse, write } from 'sdp-transform';
import { parseAudio } from './audio.ts';
import { withDirection } from './edit.ts';

const noAddress = /^(0\.0\.0\.0|::)$/;
const held = { sendrecv: 'sendonly', sendonly: 'sendonly', recvonly: 'inactive', inactive: 'inactive' } as const;

/**
 * An SDP that holds by the address 0.0.0.0, the old way (RFC 3264 §8.4), as one that holds by direction: with the address
 * of the SDP before, or one where nobody listens. Any other is given back as it is. @throws SipreelError sdp_invalid
 */
export const holdByDirection = (sdp: string, before: string | undefined): string => {
  const { address, direction } = parseAudio(sdp);
  if (!noAddress.test(address)) return sdp;
  const session = parse(sdp);
  for (const part of [session, ...session.media]) {
    if (part.connection) part.connection.ip = before === undefined ? '127.0.0.1' : parseAudio(before).address;
  }
  // The discard port (RFC 863).
  if (before === undefined) for (const media of session.media) if (media.port > 0) media.port = 9;
  return withDirection(write(session), held[direction]);
};
