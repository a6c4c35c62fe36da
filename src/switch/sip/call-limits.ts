import { SipreelError } from '../../errors/error.ts';

/** How many calls a trunk may have; 0 for any number. */
export interface CallLimit {
  /** At the same time. */
  readonly maxCalls: number;
  /** New ones in a second. */
  readonly maxCps: number;
}

/** A bucket that fills by a rate and holds a second's worth, one token at least. */
export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

export const fullBucket = (perSecond: number, nowMs: number): Bucket => ({
  tokens: Math.max(1, perSecond),
  atMs: nowMs,
});

/** Takes a token, or says after how many ms there is one. A clock that goes backwards fills nothing. */
export const takeToken = (
  bucket: Bucket,
  perSecond: number,
  nowMs: number,
): { readonly bucket: Bucket; readonly waitMs: number } => {
  const passedMs = Math.max(0, nowMs - bucket.atMs);
  const tokens = Math.min(Math.max(1, perSecond), bucket.tokens + (passedMs * perSecond) / 1000);
  if (tokens >= 1) return { bucket: { tokens: tokens - 1, atMs: nowMs }, waitMs: 0 };
  return { bucket: { tokens, atMs: nowMs }, waitMs: ((1 - tokens) * 1000) / perSecond };
};

/** Counts the calls of trunks, and refuses those beyond their limits. */
export interface CallLimits {
  /**
   * Counts a call of this trunk until `release` is called (again is nothing).
   * @throws SipreelError trunk_full with retryAfterS in its details
   */
  take(trunk: string, nowMs: number): { release(): void };
  /** How many calls a trunk has now. */
  active(trunk: string): number;
}

/** @param what for the message of the error: such as inbound */
export const createCallLimits = (
  what: string,
  limits: readonly { readonly name: string; readonly limit: CallLimit | undefined }[],
): CallLimits => {
  const trunks = new Map(
    limits.map(({ name, limit }) => [
      name,
      { limit: limit ?? { maxCalls: 0, maxCps: 0 }, active: 0, bucket: undefined as Bucket | undefined },
    ]),
  );
  return {
    take(name, nowMs) {
      const trunk = trunks.get(name);
      if (!trunk) return { release: () => undefined };
      const { maxCalls, maxCps } = trunk.limit;
      const full = (why: string, retryAfterS: number): SipreelError =>
        new SipreelError('trunk_full', `the trunk ${name} has ${why}`, { details: { trunk: name, retryAfterS } });
      if (maxCalls > 0 && trunk.active >= maxCalls) {
        throw full(`${trunk.active} ${what} calls, its max_calls`, callsRetryS);
      }
      if (maxCps > 0) {
        const { bucket, waitMs } = takeToken(trunk.bucket ?? fullBucket(maxCps, nowMs), maxCps, nowMs);
        trunk.bucket = bucket;
        if (waitMs > 0) {
          throw full(`more than ${maxCps} new ${what} calls in a second, its max_cps`, Math.ceil(waitMs / 1000));
        }
      }
      trunk.active++;
      let counted = true;
      return {
        release() {
          if (counted) trunk.active--;
          counted = false;
        },
      };
    },
    active: (name) => trunks.get(name)?.active ?? 0,
  };
};

/** Nobody knows when a call ends; what a carrier is asked to wait before it tries here again, s. */
const callsRetryS = 5;
