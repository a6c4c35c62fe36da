export interface TurnsOptions {
  /** How long scripts may run in one turn of the event loop, all of them together, ms; 2 by default. */
  readonly budgetMs?: number;
  /** Milliseconds that only grow; the process' monotonic clock by default. */
  readonly now?: () => number;
}

/** A script among those that share the event loop with prompts, SIP and each other. */
export interface Turn {
  /** Undefined if the script may go on at once, else resolves when it may. Asked before each piece of work. */
  next(): Promise<void> | undefined;
}

/** Hands out the time of the event loop to scripts. */
export interface Turns {
  script(): Turn;
}

interface Waiting {
  readonly script: { turns: number };
  readonly go: () => void;
}

/**
 * Scripts run in slices: when those of one turn of the event loop have had their time, whoever goes on waits for a later
 * turn, and timers and sockets come first. He who has waited least often is first, so that a script that does little
 * between prompts is not held up by those that loop.
 */
export const createTurns = ({ budgetMs = 2, now = () => performance.now() }: TurnsOptions = {}): Turns => {
  const waiting: Waiting[] = [];
  /** When the time of this turn is over; undefined if no script has run in it. */
  let over: number | undefined;

  const begin = (): void => {
    over = now() + budgetMs;
    setImmediate(end);
  };

  /** In the check phase: timers and sockets have had their turn. */
  const end = (): void => {
    over = undefined;
    const first = takeFirst();
    if (!first) return;
    begin();
    first.go();
  };

  const takeFirst = (): Waiting | undefined => {
    let best = 0;
    for (let at = 1; at < waiting.length; at++) {
      if ((waiting[at]?.script.turns ?? 0) < (waiting[best]?.script.turns ?? 0)) best = at;
    }
    return waiting.splice(best, 1)[0];
  };

  return {
    script() {
      const script = { turns: 0 };
      return {
        next() {
          if (over === undefined) begin();
          else if (now() >= over) {
            return new Promise((resolve) => {
              waiting.push({ script, go: resolve });
              script.turns += 1;
            });
          }
          return undefined;
        },
      };
    },
  };
};
