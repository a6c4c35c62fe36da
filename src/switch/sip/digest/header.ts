import type { DigestAlgorithm } from './proof.ts';

/** One challenge or one set of credentials: what follows `Digest`, names in lower case. */
export type DigestParameters = ReadonlyMap<string, string>;

/** Longer ones are no digest that anybody means. */
const longest = 4096;
const token = String.raw`[A-Za-z0-9!#$%&'*+.^_\`|~-]+`;
const part = new RegExp(
  String.raw`[ \t]*(?:,[ \t]*)*(?:(${token})[ \t]+)?(${token})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))`,
  'y',
);

/**
 * Reads the value of WWW-Authenticate, Authorization or their Proxy- kin (RFC 3261 §25.1), of which drachtio-srf has put
 * several into one with commas between. Never throws: what can't be read ends the list, and a parameter that comes twice
 * takes its set out.
 */
export const parseDigests = (value: string | undefined): readonly DigestParameters[] => {
  const found: { scheme: string; parameters: Map<string, string>; twice: boolean }[] = [];
  if (value === undefined || value.length > longest) return [];
  part.lastIndex = 0;
  for (let match = part.exec(value); match; match = part.exec(value)) {
    const [, scheme, name = '', quoted, bare = ''] = match;
    if (scheme !== undefined) found.push({ scheme: scheme.toLowerCase(), parameters: new Map(), twice: false });
    const last = found.at(-1);
    if (!last) return [];
    const key = name.toLowerCase();
    last.twice ||= last.parameters.has(key);
    last.parameters.set(key, quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1'));
  }
  return found.filter(({ scheme, twice }) => scheme === 'digest' && !twice).map(({ parameters }) => parameters);
};

/** What an Authorization header claims; what was missing is empty. */
export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: string;
  readonly qop: string;
  readonly nc: string;
  readonly cnonce: string;
}

/** Every set of digest credentials in an Authorization header. */
export const readCredentials = (authorization: string | undefined): readonly DigestCredentials[] =>
  parseDigests(authorization).map((parameters) => {
    const text = (name: string): string => parameters.get(name) ?? '';
    return {
      username: text('username'),
      realm: text('realm'),
      nonce: text('nonce'),
      uri: text('uri'),
      response: text('response'),
      algorithm: parameters.get('algorithm') ?? 'MD5',
      qop: text('qop'),
      nc: text('nc'),
      cnonce: text('cnonce'),
    };
  });

/** A text as a quoted-string. */
export const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** A challenge: one value of WWW-Authenticate for each algorithm, the first of which is preferred (RFC 8760 §2.3). */
export const writeChallenges = (challenge: {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithms: readonly DigestAlgorithm[];
  /** The proof was right, and only the nonce too old or used. */
  readonly stale: boolean;
}): readonly string[] =>
  challenge.algorithms.map((algorithm) =>
    [
      `Digest realm=${quoted(challenge.realm)}`,
      `nonce=${quoted(challenge.nonce)}`,
      ...(challenge.stale ? ['stale=true'] : []),
      `algorithm=${algorithm}`,
      'qop="auth"',
    ].join(', '),
  );
