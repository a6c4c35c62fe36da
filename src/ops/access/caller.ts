import { SipreelError } from '../../errors/error.ts';
import { type BrowserHeaders, refusalOf } from './browser-guard.ts';
import { keyInHeader, matches, parseKey } from './key.ts';
import type { KeyStore } from './key-store.ts';
import { allows, type Scope } from './scopes.ts';
import { checkSignature, type UrlSignature } from './url-signature.ts';

/** Who asks: one with a key, one with a signed URL, or anybody on a machine whose server is open to itself. */
export type Caller =
  | { readonly by: 'key'; readonly id: string; readonly name: string; readonly scopes: readonly Scope[] }
  | { readonly by: 'url' }
  | { readonly by: 'loopback' };

/** What is known of a request before it is let in. */
export interface AccessRequest {
  readonly headers: Omit<BrowserHeaders, 'method'> & { readonly authorization?: string | undefined };
  readonly method: string;
  /** Where the request's URL is signed: the path that the signature is for. */
  readonly signed?: (UrlSignature & { readonly path: string }) | undefined;
}

/** What createAccess needs. */
export interface AccessParts {
  readonly keys: Pick<KeyStore, 'find' | 'any' | 'used'>;
  /** Signs URLs of recordings. */
  readonly urlKey: Buffer;
  /** True if the server listens for its own machine alone: then it is open as long as there is no key. */
  readonly loopback: boolean;
  /** Unix seconds. */
  readonly now: () => number;
}

/** Decides who gets in. */
export interface Access {
  /**
   * Who asks. Throws key_missing, key_unknown, url_signature_wrong, url_expired, origin_refused, or redis_away if nothing is
   * known of the keys.
   */
  identify(request: AccessRequest): Promise<Caller>;
}

/** True if the caller may do what needs this scope; a signed URL is for one recording's sound. */
export const mayDo = (caller: Caller, needed: Scope): boolean => {
  switch (caller.by) {
    case 'loopback':
      return true;
    case 'url':
      return needed === 'audio';
    case 'key':
      return allows(caller.scopes, needed);
  }
};

/** Throws scope_missing. */
export const mustBeAllowed = (caller: Caller, needed: Scope): void => {
  if (mayDo(caller, needed)) return;
  const held = caller.by === 'key' ? `key ${caller.id} (${caller.name}) has ${caller.scopes.join(', ')}` : 'it has not';
  throw new SipreelError('scope_missing', `this needs the scope ${needed}; ${held}`);
};

export const createAccess = ({ keys, urlKey, loopback, now }: AccessParts): Access => {
  const bySignature = (signed: NonNullable<AccessRequest['signed']>): Caller => {
    switch (checkSignature(urlKey, signed.path, signed, now())) {
      case 'valid':
        return { by: 'url' };
      case 'expired':
        throw new SipreelError('url_expired', `the URL of ${signed.path} has expired`);
      case 'wrong':
        throw new SipreelError('url_signature_wrong', `the signature is not one for ${signed.path}`);
    }
  };

  const byKey = async (text: string): Promise<Caller> => {
    const parts = parseKey(text);
    if (parts === undefined) throw new SipreelError('key_unknown', 'what was sent as a key is none of sipreel');
    const record = await keys.find(parts.id);
    if (record === undefined || !matches(parts.secret, record)) {
      throw new SipreelError('key_unknown', `key ${parts.id} is unknown, revoked or expired`);
    }
    keys.used(record.id);
    return { by: 'key', id: record.id, name: record.name, scopes: record.scopes };
  };

  return {
    async identify({ headers, method, signed }) {
      if (signed !== undefined) return bySignature(signed);
      const key = keyInHeader(headers.authorization);
      if (key !== undefined) return byKey(key);
      if (!loopback || (await keys.any())) throw new SipreelError('key_missing', 'the request carries no key');
      const refusal = refusalOf({ ...headers, method });
      if (refusal !== undefined) throw new SipreelError('origin_refused', refusal);
      return { by: 'loopback' };
    },
  };
};
