import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Scope } from './scopes.ts';

/** A key as it is kept: not the key, but what it can be recognised by. */
export interface KeyRecord {
  /** Names the key; a part of it, and no secret. */
  readonly id: string;
  /** Whose it is, for people. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Hexadecimal SHA-256 of the secret part. It has 256 random bits, so there is nothing that a slow hash would protect. */
  readonly hash: string;
  /** Unix seconds. */
  readonly created: number;
  /** Unix seconds; for ever without it. */
  readonly expires?: number;
}

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** A new key: the text that its owner gets, once, and the record that is kept. */
export const newKey = (facts: Pick<KeyRecord, 'name' | 'scopes' | 'created' | 'expires'>) => {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const record: KeyRecord = { ...facts, id, hash: hashOf(secret).toString('hex') };
  return { key: `sipreel_${id}_${secret}`, record };
};

/** The two parts of a key; undefined for what is none. */
export const parseKey = (text: string): { readonly id: string; readonly secret: string } | undefined => {
  const [, id, secret] = /^sipreel_([0-9a-f]{12})_([\w-]{43})$/.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
};

/** True if the secret is the record's, in a time that does not depend on how much of it is right. */
export const matches = (secret: string, record: Pick<KeyRecord, 'hash'>): boolean => {
  const kept = Buffer.from(record.hash, 'hex');
  const given = hashOf(secret);
  return kept.length === given.length && timingSafeEqual(kept, given);
};

/**
 * The key in an Authorization header: a bearer token (RFC 6750), or the password of Basic (RFC 7617), which clients of the
 * commands under /api/calling send. Undefined if there is none.
 */
export const keyInHeader = (authorization: string | undefined): string | undefined => {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+) *$/.exec(authorization ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return value;
    case 'basic': {
      const [, ...password] = Buffer.from(value, 'base64').toString().split(':');
      return password.join(':');
    }
    default:
      return undefined;
  }
};
