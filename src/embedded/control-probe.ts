import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';

/**
 * Asks the SIP side's control port, as a drachtio application does first, whether it takes the secret. Resolves with
 * the SIP addresses it then tells (`udp/127.0.0.1:5060`...), or undefined if it refuses; rejects if nobody answers.
 */
export const probeControl = (host: string, port: number, secret: string): Promise<readonly string[] | undefined> =>
  new Promise((resolve, reject) => {
    const id = randomUUID();
    const message = `${id}|authenticate|${secret}|`;
    let received = '';
    const socket = connect({ host, port, timeout: 500 });
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(`${Buffer.byteLength(message)}#${message}`));
    socket.on('data', (text: string) => {
      received += text;
      const payload = firstPayload(received);
      if (payload === undefined) return;
      // uuid|response|id|OK|<hostports>|<version>|...
      const [, type, replyTo, result, addresses = ''] = payload.split('|');
      const accepted = type === 'response' && replyTo === id && result === 'OK';
      resolve(accepted ? addresses.split(',').filter((address) => address !== '') : undefined);
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy(new Error(`no answer on control port ${port}`)));
    socket.on('error', reject);
    socket.on('close', () => resolve(undefined));
  });

/** The payload of the first whole frame `<length>#<payload>`; ASCII in this answer, so that characters are bytes. */
const firstPayload = (text: string): string | undefined => {
  const frame = /^(\d+)#/.exec(text);
  const start = frame?.[0].length ?? 0;
  const end = start + Number(frame?.[1] ?? 0);
  return frame !== null && text.length >= end ? text.slice(start, end) : undefined;
};
