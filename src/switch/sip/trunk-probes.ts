import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { nextHealth, outcomeOf, type TrunkHealth, unknownHealth } from './trunk-health.ts';

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
  /** Idempotent; resolves when nothing is asked any more. */
  close(): Promise<void>;
}

export const createTrunkProbes = ({ trunks, ask, log }: TrunkProbesParts): TrunkProbes => {
  const closing = new AbortController();
  const health = new Map<string, TrunkHealth>();
  let running: Promise<unknown> = Promise.resolve();

  const probe = async ({ name, uri, from, probe: { timeoutMs, failures } }: ProbedTrunk): Promise<void> => {
    const answer = await ask({ uri, from }, { timeoutMs, signal: closing.signal });
    // Without a drachtio-server nothing is known of the trunk.
    if (answer === undefined || closing.signal.aborted) return;
    const before = health.get(name) ?? unknownHealth;
    const after = nextHealth(before, outcomeOf(answer.status, answer.fromNetwork), failures);
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
  };

  const run = async (trunk: ProbedTrunk): Promise<void> => {
    while (!closing.signal.aborted) {
      const next = sleep(trunk.probe.intervalMs, undefined, { signal: closing.signal }).catch(() => undefined);
      await probe(trunk);
      await next;
    }
  };

  return {
    start() {
      running = Promise.all(trunks.filter(({ probe: { intervalMs } }) => intervalMs > 0).map(run));
    },
    up: (name) => health.get(name)?.up ?? true,
    async close() {
      closing.abort();
      await running;
    },
  };
};
