import { createHmac, timingSafeEqual } from 'node:crypto';

export interface NonceOptions {
  /** Signs the nonces; whoever has the same takes each other's. */
  readonly secret: string | Uint8Array;
  /** How long a nonce may be used, ms. */
  readonly lifetimeMs: number;
  /** How many used nonces are remembered. Default: 20,000. */
  readonly kept?: number;
}

/** Makes nonces that need no memory until they are used, and sees to it that no credentials are taken twice. */
export interface Nonces {
  /** A new one. @param salt some bytes that nobody can guess */
  make(nowMs: number, salt: Uint8Array): string;
  /** What it is worth before the proof is looked at. */
  judge(nonce: string, nowMs: number): 'good' | 'expired' | 'foreign';
  /**
   * Takes a good nonce whose proof was right: false if this count, or a higher one, was taken before (RFC 7616 §3.4).
   * @param nc eight hexadecimal digits
   */
  use(nonce: string, nc: string, nowMs: number): boolean;
}

const timeBytes = 6;
const saltBytes = 8;
const signatureBytes = 16;
const bytes = timeBytes + saltBytes + signatureBytes;

export const createNonces = ({ secret, lifetimeMs, kept = 20_000 }: NonceOptions): Nonces => {
  /** Nonce -> the highest count that was taken; the oldest use is the first. */
  const used = new Map<string, { readonly madeMs: number; highest: number }>();
  /** Nonces that are this old and not remembered may have been forgotten: they are not taken. */
  let forgottenMs = Number.NEGATIVE_INFINITY;

  const sign = (body: Uint8Array): Buffer =>
    createHmac('sha256', secret).update(body).digest().subarray(0, signatureBytes);

  /** When it was made, ms; undefined where it is none of ours. */
  const madeAt = (nonce: string): number | undefined => {
    const raw = Buffer.from(nonce, 'base64url');
    // Only the one spelling: another would be another key to what was used.
    if (raw.length !== bytes || raw.toString('base64url') !== nonce) return undefined;
    const body = raw.subarray(0, timeBytes + saltBytes);
    if (!timingSafeEqual(sign(body), raw.subarray(body.length))) return undefined;
    return body.readUIntBE(0, timeBytes);
  };

  const forgetOld = (nowMs: number): void => {
    for (const [nonce, { madeMs }] of used) {
      const expired = nowMs - madeMs >= lifetimeMs;
      if (!expired && used.size <= kept) return;
      used.delete(nonce);
      if (!expired) forgottenMs = Math.max(forgottenMs, madeMs);
    }
  };

  return {
    make(nowMs, salt) {
      const body = Buffer.alloc(timeBytes + saltBytes);
      body.writeUIntBE(Math.max(0, Math.trunc(nowMs)), 0, timeBytes);
      body.set(salt.subarray(0, saltBytes), timeBytes);
      return Buffer.concat([body, sign(body)]).toString('base64url');
    },
    judge(nonce, nowMs) {
      const madeMs = madeAt(nonce);
      if (madeMs === undefined) return 'foreign';
      if (Math.abs(nowMs - madeMs) >= lifetimeMs) return 'expired';
      return madeMs <= forgottenMs && !used.has(nonce) ? 'expired' : 'good';
    },
    use(nonce, nc, nowMs) {
      const count = /^[0-9a-f]{8}$/i.test(nc) ? Number.parseInt(nc, 16) : 0;
      const known = used.get(nonce);
      if (count <= (known?.highest ?? 0)) return false;
      if (known) known.highest = count;
      else used.set(nonce, { madeMs: madeAt(nonce) ?? nowMs, highest: count });
      forgetOld(nowMs);
      return true;
    },
  };
};
