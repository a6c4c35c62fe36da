/** How an attempt to reach a host ended. */
export interface HostAttempt {
  /** False if it gave no HTTP answer at all. */
  readonly answered: boolean;
  readonly tookMs: number;
}

/** Sees to it that a host that is slow or dead holds up its own events, and not those of others. */
export interface HostSlots {
  /**
   * Takes one of the host's places and gives undefined, or gives how many milliseconds to wait before asking again: those
   * who wait get moments one after the other, at the pace at which the host answers.
   */
  take(host: string, nowMs: number): number | undefined;
  /** Gives a place back. */
  release(host: string, attempt: HostAttempt, nowMs: number): void;
}

interface Host {
  active: number;
  /** Its last attempt had no answer: it gets one at a time until there is one. */
  silent: boolean;
  /** What an attempt takes, smoothed. */
  usualMs: number;
  /** The moment that was given to the last who waits. */
  givenUntilMs: number;
}

const leastWaitMs = 100;
/** A host that is back is not kept waiting for longer. */
const mostWaitMs = 30_000;
const startMs = 200;
/** Hosts without attempts that are remembered. */
const remembered = 10_000;

export const createHostSlots = (perHost: number): HostSlots => {
  const hosts = new Map<string, Host>();

  const hostOf = (name: string): Host => {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    if (hosts.size >= remembered) {
      for (const [other, { active }] of hosts) if (active === 0) hosts.delete(other);
    }
    const host: Host = { active: 0, silent: false, usualMs: startMs, givenUntilMs: 0 };
    hosts.set(name, host);
    return host;
  };

  return {
    take(name, nowMs) {
      const host = hostOf(name);
      const places = host.silent ? 1 : perHost;
      if (host.active < places) {
        host.active += 1;
        return undefined;
      }
      host.givenUntilMs = Math.max(host.givenUntilMs, nowMs) + host.usualMs / places;
      return Math.round(Math.min(mostWaitMs, Math.max(leastWaitMs, host.givenUntilMs - nowMs)));
    },

    release(name, { answered, tookMs }, nowMs) {
      const host = hostOf(name);
      host.active = Math.max(0, host.active - 1);
      host.usualMs = host.usualMs * 0.7 + tookMs * 0.3;
      // The pace was that of a dead host.
      if (host.silent && answered) {
        host.givenUntilMs = nowMs;
        host.usualMs = tookMs;
      }
      host.silent = !answered;
    },
  };
};
