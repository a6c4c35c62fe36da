/** A failed attempt to deliver an event, as the next one is decided by. */
export interface FailedAttempt {
  /** 1 for the first. */
  readonly attempt: number;
  /** Milliseconds since the event was queued. */
  readonly ageMs: number;
  /** Milliseconds of age after which there is no further attempt. */
  readonly maxAgeMs: number;
  /** Milliseconds to the second attempt, before jitter. */
  readonly firstMs: number;
  /** 0 up to 1, from whoever is asked for randomness. */
  readonly random: number;
}

/** An endpoint that is back is found within a quarter of an hour. */
const longestMs = 15 * 60_000;

/** Delays are between three and five quarters of their nominal value, so that many events do not return at once. */
const jitter = 0.25;

/**
 * Milliseconds to the next attempt, doubling from `firstMs` up to a quarter of an hour, or give_up. The last attempt
 * comes when the event has its full age.
 */
export const nextAttempt = ({ attempt, ageMs, maxAgeMs, firstMs, random }: FailedAttempt): number | 'give_up' => {
  const left = maxAgeMs - ageMs;
  if (left <= 0) return 'give_up';
  const nominal = Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  const delay = nominal * (1 - jitter + 2 * jitter * random);
  return Math.max(1, Math.round(Math.min(delay, left)));
};
