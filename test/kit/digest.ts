import { createHash } from 'node:crypto';
import { headersOf, parseSip } from './sip-message.ts';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** The parameters of a challenge. */
export type Challenge = Readonly<Record<string, string>>;

/** Reads `Digest a="b", c=d`; commas in quotes are part of the value. */
export const readChallenge = (value: string): Challenge =>
  Object.fromEntries(
    [...value.replace(/^Digest\s+/i, '').matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(
      ([, name = '', quoted, bare]): [string, string] => [name.toLowerCase(), quoted ?? bare ?? ''],
    ),
  );

/** What the last 401 among a tool's messages has asked for, in its order. */
export const challengesIn = (messages: readonly string[]): readonly Challenge[] => {
  const last = messages.findLast((each) => each.includes('\nSIP/2.0 401'));
  if (last === undefined) throw new Error(`there is no 401:\n${messages.join('\n')}`);
  return headersOf(parseSip(last.slice(last.indexOf('\n') + 1)), 'www-authenticate').map(readChallenge);
};

/** The Authorization header that answers a challenge (RFC 7616 §3.4.1, qop=auth). */
export const authorize = (
  challenge: Challenge,
  { username, password }: Login,
  { method = 'INVITE', uri = 'sip:1000@127.0.0.1', nc = 1, cnonce = 'c0ffee' } = {},
): string => {
  const { realm = '', nonce = '', algorithm = 'MD5' } = challenge;
  const hash = (text: string): string =>
    createHash(algorithm === 'SHA-256' ? 'sha256' : 'md5')
      .update(text)
      .digest('hex');
  const count = nc.toString(16).padStart(8, '0');
  const proof = hash(
    `${hash(`${username}:${realm}:${password}`)}:${nonce}:${count}:${cnonce}:auth:${hash(`${method}:${uri}`)}`,
  );
  return (
    `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${proof}", ` +
    `algorithm=${algorithm}, qop=auth, nc=${count}, cnonce="${cnonce}"`
  );
};
