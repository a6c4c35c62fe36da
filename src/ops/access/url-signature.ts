import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a signed URL carries in its query. */
export interface UrlSignature {
  /** Unix seconds, in digits. */
  readonly expires: string;
  readonly signature: string;
}

const signatureOf = (key: Buffer, path: string, expires: string): Buffer =>
  createHmac('sha256', key).update(`GET ${path} ${expires}`).digest();

/** The path with a signature that lets anybody GET it until then (Unix seconds); more may be added to its query. */
export const signPath = (key: Buffer, path: string, expires: number): string => {
  const until = String(Math.floor(expires));
  return `${path}?expires=${until}&signature=${signatureOf(key, path, until).toString('base64url')}`;
};

/** Whether a signature is ours and not expired at `now` (Unix seconds); compared in constant time. */
export const checkSignature = (
  key: Buffer,
  path: string,
  { expires, signature }: UrlSignature,
  now: number,
): 'valid' | 'expired' | 'wrong' => {
  if (!/^\d{1,12}$/.test(expires)) return 'wrong';
  const right = signatureOf(key, path, expires);
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== right.length || !timingSafeEqual(given, right)) return 'wrong';
  return Number(expires) > now ? 'valid' : 'expired';
};
