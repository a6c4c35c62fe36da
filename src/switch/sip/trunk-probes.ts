import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { nextHealth, outcomeOf, type ProbeOutcome, type TrunkHealth, unknownHealth } from './trunk-health.ts';

/** How a trunk is asked whether it is there. */
export interface ProbeOptions {
  /** From one OPTIONS to the next, ms; 0: it is never asked, and counts as up. */
  readonly intervalMs: number;
  /** How long its answer may take, ms. */
  readonly timeoutMs: number;
  /** How many in a row without an answer make one down that has answered before. */
  readonly failures: number;
}

export interface ProbedTrunk {
  readonly name: string;
  /** Request-URI of the OPTIONS. */
  readonly uri: string;
  /** Value of From, without tag. */
  readonly from: string;
  readonly probe: ProbeOptions;
  /** An INVITE that gets no response for so long, ms, may go elsewhere if OPTIONS get none either; 0: it waits. */
  readonly responseTimeoutMs: number;
}

/** What came of an OPTIONS that was sent. */
export interface OptionsAnswer {
  /** 0 if there was none in time. */
  readonly status: number;
  readonly fromNetwork: boolean;
}

export interface TrunkProbesParts {
  readonly trunks: readonly ProbedTrunk[];
  /** Sends an OPTIONS; undefined where it could not be sent for a reason of ours. Never rejects. */
  readonly ask: (
    trunk: Pick<ProbedTrunk, 'uri' | 'from'>,
    limit: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ) => Promise<OptionsAnswer | undefined>;
  readonly log: Logger;
}

/** Asks outbound trunks by OPTIONS whether they are there, again and again. */
export interface TrunkProbes {
  start(): void;
  /** False for a trunk that is known to be down. */
  up(name: string): boolean;
  /**
   * For an INVITE that has just been sent to it: true as soon as it is known to answer nothing at all, false where it may be
   * there, or when it was heard. A drachtio-server keeps a 100 to itself (RFC 3261 §17.1.1.2), so it is asked by OPTIONS;
   * one that has never answered those is not.
   */
  isSilent(name: string, heard: AbortSignal): Promise<boolean>;
  /** Idempotent; resolves when nothing is asked any more. */
  close(): Promise<void>;
}

/** The share of the time for a response after which OPTIONS is sent; the rest is for its answer, and three of its repetitions. */
const askedAfter = 0.25;

export const createTrunkProbes = ({ trunks, ask, log }: TrunkProbesParts): TrunkProbes => {
  const closing = new AbortController();
  const health = new Map<string, TrunkHealth>();
  let running: Promise<unknown> = Promise.resolve();

  /** What an OPTIONS has told; undefined where nothing was learnt. */
  const probe = async (
    { name, uri, from, probe: { failures } }: ProbedTrunk,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<ProbeOutcome['kind'] | undefined> => {
    const answer = await ask({ uri, from }, { timeoutMs, signal });
    // Without a drachtio-server nothing is known of the trunk.
    if (answer === undefined || signal.aborted) return undefined;
    const before = health.get(name) ?? unknownHealth;
    const outcome = outcomeOf(answer.status, answer.fromNetwork);
    const after = nextHealth(before, outcome, failures);
    health.set(name, after);
    const about = { trunk: name, uri, status: answer.status };
    if (before.up && !after.up) {
      log.error({ ...about, failures: after.failures }, 'the trunk is down: it gets no calls until it answers OPTIONS');
    } else if (!after.answers && after.failures === failures) {
      log.warn(
        { ...about, failures },
        'the trunk has never answered OPTIONS: it gets calls all the same (outbound.probe.interval: 0s if it never does)',
      );
    } else if (!before.up && after.up) log.info(about, 'the trunk is up again');
    else if (after.failures > 0) log.debug({ ...about, failures: after.failures }, 'the trunk does not answer OPTIONS');
    return outcome.kind;
  };

  const run = async (trunk: ProbedTrunk): Promise<void> => {
    while (!closing.signal.aborted) {
      const next = sleep(trunk.probe.intervalMs, undefined, { signal: closing.signal }).catch(() => undefined);
      await probe(trunk, trunk.probe.timeoutMs, closing.signal);
      await next;
    }
  };

  return {
    start() {
      running = Promise.all(trunks.filter(({ probe: { intervalMs } }) => intervalMs > 0).map(run));
    },
    up: (name) => health.get(name)?.up ?? true,
    async isSilent(name, heard) {
      const trunk = trunks.find((each) => each.name === name);
      if (!trunk || trunk.responseTimeoutMs === 0) return false;
      const askAfterMs = trunk.responseTimeoutMs * askedAfter;
      const signal = AbortSignal.any([heard, closing.signal]);
      await sleep(askAfterMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted || health.get(name)?.answers !== true) return false;
      const told = await probe(trunk, trunk.responseTimeoutMs - askAfterMs, signal);
      return told !== undefined && told !== 'alive';
    },
    async close() {
      closing.abort();
      await running;
    },
  };
};
