import { createHash, timingSafeEqual } from 'node:crypto';

/** Hashes of RFC 8760 §2.1 that are spoken here, in the order in which they are offered. */
export const digestAlgorithms = ['SHA-256', 'MD5'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

/** A user and what proves it: the password, or what is left of it in hashes that were made for one realm. */
export interface DigestAccount {
  readonly username: string;
  readonly password?: string | undefined;
  /** H(username:realm:password) in hexadecimal, by algorithm. */
  readonly ha1?: Readonly<Partial<Record<DigestAlgorithm, string | undefined>>> | undefined;
}

/** What a proof covers besides the password. */
export interface DigestRequest {
  readonly method: string;
  readonly realm: string;
  readonly uri: string;
  readonly nonce: string;
  /** With qop=auth; left out for servers of RFC 2069. */
  readonly qop?: { readonly nc: string; readonly cnonce: string } | undefined;
}

const hash = (algorithm: DigestAlgorithm, text: string): string =>
  createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text)
    .digest('hex');

/** True if the account can be checked by this algorithm. */
export const canProve = (account: DigestAccount, algorithm: DigestAlgorithm): boolean =>
  account.password !== undefined || account.ha1?.[algorithm] !== undefined;

/** The response of RFC 7616 §3.4.1; undefined where the account has nothing for this algorithm. */
export const digestProof = (
  account: DigestAccount,
  algorithm: DigestAlgorithm,
  { method, realm, uri, nonce, qop }: DigestRequest,
): string | undefined => {
  const { username, password, ha1: known } = account;
  const ha1 = password === undefined ? known?.[algorithm] : hash(algorithm, `${username}:${realm}:${password}`);
  if (ha1 === undefined) return undefined;
  const ha2 = hash(algorithm, `${method}:${uri}`);
  const between = qop === undefined ? nonce : `${nonce}:${qop.nc}:${qop.cnonce}:auth`;
  return hash(algorithm, `${ha1.toLowerCase()}:${between}:${ha2}`);
};

/** Compares two proofs in a time that says nothing of where they differ. */
export const sameProof = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one.toLowerCase()), Buffer.from(other.toLowerCase())];
  return a.length === b.length && timingSafeEqual(a, b);
};
