export interface TurnsOptions {
  /** How long scripts may run in one turn of the event loop, all of them together, ms; 2 by default. */
  readonly budgetMs?: number;
  /** How long those that want more rest before one of them goes on, ms; 4 by default. */
  readonly restMs?: number;
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
 * Scripts run in slices: when those of one turn of the event loop have had their time, whoever goes on waits, and timers
 * and sockets come first. One goes on after each rest, which leaves most of the thread to everything else: a thread that is
 * always busy is also late by what the kernel gives to others. He who has waited least often is first, so that a script that
 * does little between prompts is not held up by those that loop.
 */
export const createTurns = ({ budgetMs = 2, restMs = 4, now = () => performance.now() }: TurnsOptions = {}): Turns => {
  const waiting: Waiting[] = [];
  /** When the time of this turn is over; undefined if no script has run in it. */
  let over: number | undefined;
  let resting = false;

  const begin = (): void => {
    over = now() + budgetMs;
    setImmediate(end);
  };

  const end = (): void => {
    over = undefined;
    if (waiting.length === 0 || resting) return;
    resting = true;
    setTimeout(goOn, restMs);
  };

  const goOn = (): void => {
    resting = false;
    if (over === undefined) begin();
    takeFirst()?.go();
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
