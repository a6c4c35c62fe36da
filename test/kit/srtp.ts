import { createCipheriv, createHmac, randomBytes } from 'node:crypto';

/** SRTP of one direction (RFC 3711) with AES_CM_128_HMAC_SHA1_80, without MKI: a phone's own, no work of rtpengine's. */
export interface Srtp {
  /** The key and salt as a=crypto has them (RFC 4568 §6.1). */
  readonly inline: string;
  protect(datagram: Uint8Array): Uint8Array;
  /** Undefined if it is not authentic: another key, or no SRTP at all. */
  unprotect(datagram: Uint8Array): Uint8Array | undefined;
}

const tagBytes = 10;
const headerBytes = 12;

/** RFC 3711 §4.3: a session key of a label, at a key derivation rate of 0. */
const derive = (key: Buffer, salt: Buffer, label: number, length: number): Buffer => {
  const iv = Buffer.concat([salt, Buffer.alloc(2)]);
  iv[7] = (iv[7] ?? 0) ^ label;
  return createCipheriv('aes-128-ctr', key, iv).update(Buffer.alloc(length));
};

export const createSrtp = (inline = randomBytes(30).toString('base64')): Srtp => {
  const master = Buffer.from(inline, 'base64');
  const [key, salt] = [master.subarray(0, 16), master.subarray(16, 30)];
  const cipherKey = derive(key, salt, 0, 16);
  const authKey = derive(key, salt, 1, 20);
  const cipherSalt = derive(key, salt, 2, 14);
  /** SSRC -> how often its sequence numbers have begun anew, and the last of them. */
  const turns = new Map<number, { roc: number; last: number }>();

  const rocOf = (ssrc: number, sequence: number): number => {
    const turn = turns.get(ssrc) ?? { roc: 0, last: sequence };
    if (turn.last - sequence > 0x8000) turn.roc++;
    turns.set(ssrc, { roc: turn.roc, last: sequence });
    return turn.roc;
  };

  const crypt = (packet: Buffer, roc: number): Buffer => {
    const iv = Buffer.concat([cipherSalt, Buffer.alloc(2)]);
    const index = Buffer.alloc(16);
    index.writeUInt32BE(packet.readUInt32BE(8), 4);
    index.writeUInt32BE(roc, 8);
    index.writeUInt16BE(packet.readUInt16BE(2), 12);
    for (let i = 0; i < 16; i++) iv[i] = (iv[i] ?? 0) ^ (index[i] ?? 0);
    const text = createCipheriv('aes-128-ctr', cipherKey, iv).update(packet.subarray(headerBytes));
    return Buffer.concat([packet.subarray(0, headerBytes), text]);
  };

  const tagOf = (packet: Buffer, roc: number): Buffer => {
    const turn = Buffer.alloc(4);
    turn.writeUInt32BE(roc);
    return createHmac('sha1', authKey).update(packet).update(turn).digest().subarray(0, tagBytes);
  };

  return {
    inline,
    protect(datagram) {
      const packet = Buffer.from(datagram);
      const roc = rocOf(packet.readUInt32BE(8), packet.readUInt16BE(2));
      const encrypted = crypt(packet, roc);
      return Buffer.concat([encrypted, tagOf(encrypted, roc)]);
    },
    unprotect(datagram) {
      const packet = Buffer.from(datagram);
      if (packet.length < headerBytes + tagBytes) return undefined;
      const body = packet.subarray(0, -tagBytes);
      const tag = packet.subarray(-tagBytes);
      // Whoever we hear first may be in its second turn already.
      for (let roc = 0; roc < 3; roc++) if (tagOf(body, roc).equals(tag)) return crypt(body, roc);
      return undefined;
    },
  };
};
