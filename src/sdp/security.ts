import { SipreelError } from '../errors/error.ts';

/** One a=crypto line (RFC 4568 §9.1). */
export interface Crypto {
  readonly tag: number;
  readonly suite: string;
  /** Key parameters and session parameters as they stand. */
  readonly rest: string;
}

/** How the audio stream of an SDP is protected. */
export interface Security {
  /** Of the m= line, such as RTP/SAVP. */
  readonly protocol: string;
  /** SDES: the first of its a=crypto lines that can be used. */
  readonly crypto?: Crypto;
}

/** Whether a leg is to speak SRTP (SDES): not, if it will (RFC 8643), or else not at all. */
export const srtpModes = ['off', 'optional', 'require'] as const;
export type SrtpMode = (typeof srtpModes)[number];

/** What everybody who speaks SRTP has (RFC 4568 §6.2). */
export const commonSuite = 'AES_CM_128_HMAC_SHA1_80';

/** Bytes of key and salt by suite (RFC 4568 §6.2, RFC 6188 §4, RFC 7714 §14): what rtpengine speaks and what does encrypt. */
const keyBytes: Readonly<Record<string, number>> = {
  [commonSuite]: 30,
  AES_CM_128_HMAC_SHA1_32: 30,
  AES_192_CM_HMAC_SHA1_80: 38,
  AES_192_CM_HMAC_SHA1_32: 38,
  AES_256_CM_HMAC_SHA1_80: 46,
  AES_256_CM_HMAC_SHA1_32: 46,
  AEAD_AES_128_GCM: 28,
  AEAD_AES_256_GCM: 44,
};

/** Names of the suites that can be used. */
export const usableSuites: readonly string[] = Object.keys(keyBytes);

/** The session part of an SDP, then each media part. */
const partsOf = (sdp: string): readonly string[] => sdp.split(/^(?=m=)/m);

const isAudio = (part: string): boolean => /^m=audio [1-9]/.test(part);

const audioOf = (sdp: string): string => partsOf(sdp).find(isAudio) ?? '';

/** The well-formed a=crypto lines of an SDP's audio, in its order. */
export const cryptosOf = (sdp: string): readonly Crypto[] =>
  [...audioOf(sdp).matchAll(/^a=crypto:(\d{1,9}) (\w+) (inline:.+?)\s*$/gm)].map(
    ([, tag = '', suite = '', rest = '']) => ({ tag: Number(tag), suite, rest }),
  );

/**
 * One key, and no session parameters but the window size, which binds nobody: others switch encryption off or derive keys in
 * other ways, and who does not know one must not choose its line (RFC 4568 §6.3).
 */
const isUsable = ({ suite, rest }: Crypto): boolean => {
  const key = /^inline:([A-Za-z0-9+/]+)={0,2}(?:\|[^;\s]*)?(?:\s+WSH=\d+)?$/.exec(rest)?.[1] ?? '';
  return Math.floor((key.length * 3) / 4) === keyBytes[suite];
};

/**
 * How the audio of an offer or answer is protected: not at all, by SDES (RFC 4568), also of the kind that may be declined
 * (RFC 8643), or by DTLS (RFC 5764).
 * @throws SipreelError srtp_unsupported where it asks for what cannot be done
 */
export const readSecurity = (sdp: string): Security => {
  const audio = audioOf(sdp);
  const protocol = /^m=audio \S+ (\S+)/.exec(audio)?.[1] ?? '';
  const crypto = cryptosOf(sdp).find(isUsable);
  const secured = { protocol, ...(crypto ? { crypto } : {}) };
  const hasFingerprint = /^a=fingerprint:/m.test(audio) || /^a=fingerprint:/m.test(partsOf(sdp)[0] ?? '');
  switch (protocol) {
    case 'RTP/AVP':
    case 'RTP/AVPF':
      return secured;
    case 'RTP/SAVP':
    case 'RTP/SAVPF': {
      if (crypto || hasFingerprint) return secured;
      const suites = [...audio.matchAll(/^a=crypto:\S* (\S+)/gm)].map(([, suite]) => suite).join(', ');
      throw unsupported(`${protocol} with ${suites === '' ? 'no a=crypto line' : `no usable key of ${suites}`}`);
    }
    case 'UDP/TLS/RTP/SAVP':
    case 'UDP/TLS/RTP/SAVPF':
      if (hasFingerprint) return { protocol };
      throw unsupported(`${protocol} without a=fingerprint`);
    default:
      throw unsupported(`the transport ${JSON.stringify(protocol.slice(0, 40))}`);
  }
};

/** The SDP with this protocol and these keys of its audio, and none else. */
export const withSecurity = (sdp: string, protocol: string, cryptos: readonly Crypto[]): string =>
  partsOf(sdp)
    .map((part) => {
      if (!isAudio(part)) return part;
      const bare = part.replace(/^(m=audio \S+) \S+/, `$1 ${protocol}`).replace(/^a=crypto:.*\r?\n?/gm, '');
      const lines = cryptos.map(({ tag, suite, rest }) => `a=crypto:${tag} ${suite} ${rest}\r\n`).join('');
      return lines === '' ? bare : `${bare.replace(/(?<!\n)$/, '\r\n')}${lines}`;
    })
    .join('');

/** The protocol of the same feedback profile with or without SRTP: RTP/AVPF <-> RTP/SAVPF (RFC 5124). */
export const secureProtocol = (protocol: string): string => protocol.replace(/^RTP\/AVP/, 'RTP/SAVP');
export const plainProtocol = (protocol: string): string => protocol.replace(/^(?:UDP\/TLS\/)?RTP\/SAVP/, 'RTP/AVP');

const unsupported = (what: string): SipreelError =>
  new SipreelError('srtp_unsupported', `the audio cannot be protected as asked for: ${what}`, { details: { what } });
