import type { ChildProcess } from 'node:child_process';
import type { Logger } from '../log.ts';
import type { MetricValues } from '../ops/metrics/meters.ts';

/** What the parent asks its worker, and what that answers, over their IPC channel. */
interface Question {
  readonly ask: 'metrics';
  readonly id: number;
}
interface Answer {
  readonly id: number;
  readonly metrics: MetricValues;
}

/** A scrape waits no longer for a worker that is busy or dies, ms. */
const withinMs = 2_000;
let lastId = 0;

/** The metrics of a worker; none if it does not answer in time. */
export const askForMetrics = (worker: ChildProcess): Promise<MetricValues> =>
  new Promise((resolve) => {
    const id = ++lastId;
    const end = (metrics: MetricValues): void => {
      clearTimeout(timer);
      worker.off('message', listen).off('exit', none);
      resolve(metrics);
    };
    const none = (): void => end([]);
    const listen = (message: unknown): void => {
      const { id: of, metrics } = message as Answer;
      if (of === id) end(metrics);
    };
    const timer = setTimeout(none, withinMs);
    worker.on('message', listen).once('exit', none);
    worker.send({ ask: 'metrics', id } satisfies Question, (error) => {
      if (error) none();
    });
  });

/** The worker's side: answers the parent, if there is one. */
export const answerForMetrics = (values: () => Promise<MetricValues>, log: Logger): void => {
  if (process.send === undefined) return;
  process.on('message', (message) => {
    const { ask, id } = message as Question;
    if (ask !== 'metrics') return;
    values().then(
      (metrics) => process.send?.({ id, metrics } satisfies Answer, undefined, undefined, () => undefined),
      (err: unknown) => log.warn({ err }, 'the metrics of the worker could not be told'),
    );
  });
  // Listening for questions must not keep a process alive that has nothing else to do.
  process.channel?.unref();
};
