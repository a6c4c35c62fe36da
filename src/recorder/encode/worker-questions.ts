import type { ChildProcess } from 'node:child_process';
import type { Logger } from '../../log.ts';

/** What a parent asks its worker, and what that answers, over their IPC channel. */
interface Question {
  readonly ask: string;
  readonly id: number;
}
interface Answer {
  readonly id: number;
  readonly answer: unknown;
}

let lastId = 0;

/** A worker's answer; undefined if it gives none in time, or ends. */
export const askWorker = (worker: ChildProcess, ask: string, withinMs: number): Promise<unknown> =>
  new Promise((resolve) => {
    const id = ++lastId;
    const end = (answer: unknown): void => {
      clearTimeout(timer);
      worker.off('message', listen).off('exit', none);
      resolve(answer);
    };
    const none = (): void => end(undefined);
    const listen = (message: unknown): void => {
      const { id: of, answer } = message as Answer;
      if (of === id) end(answer);
    };
    const timer = setTimeout(none, withinMs);
    worker.on('message', listen).once('exit', none);
    worker.send({ ask, id } satisfies Question, (error) => {
      if (error) none();
    });
  });

/** The worker's side: answers the parent, if there is one. */
export const answerParent = (answers: Readonly<Record<string, () => Promise<unknown>>>, log: Logger): void => {
  if (process.send === undefined) return;
  process.on('message', (message) => {
    const { ask, id } = message as Question;
    answers[ask]?.().then(
      (answer) => process.send?.({ id, answer } satisfies Answer, undefined, undefined, () => undefined),
      (err: unknown) => log.warn({ err, ask }, 'the parent of this worker gets no answer'),
    );
  });
  // Listening for questions must not keep a process alive that has nothing else to do.
  process.channel?.unref();
};
