/** What became of an OPTIONS that asks whether a trunk is there. */
export type ProbeOutcome =
  /** Any final response that says that somebody is there, a refusal too. */
  | { readonly kind: 'alive' }
  /** It says itself that it takes no calls: 503. */
  | { readonly kind: 'unavailable' }
  /** Nothing came in time, or the request could not be delivered. */
  | { readonly kind: 'silent' };

/** What is known of a trunk. */
export interface TrunkHealth {
  readonly up: boolean;
  /** Probes without an answer, one after the other. */
  readonly failures: number;
  /** True once it has answered: many carriers never do, and take calls. */
  readonly answers: boolean;
}

/** A trunk counts as up until it is known that it is not. */
export const unknownHealth: TrunkHealth = { up: true, failures: 0, answers: false };

/**
 * What a response to OPTIONS says.
 * @param status 0 if there was none
 * @param fromNetwork false for what the drachtio-server has made up itself: 408 for silence, 503 for a connection refused
 */
export const outcomeOf = (status: number, fromNetwork: boolean): ProbeOutcome => {
  if (status === 503 && fromNetwork) return { kind: 'unavailable' };
  if (status === 0 || status === 408 || !fromNetwork) return { kind: 'silent' };
  return { kind: 'alive' };
};

/** @param limit how many unanswered probes in a row make a trunk down that has answered some day */
export const nextHealth = (health: TrunkHealth, outcome: ProbeOutcome, limit: number): TrunkHealth => {
  switch (outcome.kind) {
    case 'alive':
      return { up: true, failures: 0, answers: true };
    case 'unavailable':
      return { up: false, failures: health.failures + 1, answers: true };
    case 'silent': {
      const failures = health.failures + 1;
      return { ...health, up: health.up && (failures < limit || !health.answers), failures };
    }
  }
};
