import type { Logger } from 'pino';
import type { PromptPlayer } from '../media/prompt/player.ts';

/** What the party hears while others ring: played over and over. */
export interface Ringback {
  /** Idempotent. */
  start(): void;
  /** Idempotent; resolves when something else can be played. Never rejects. */
  stop(): Promise<void>;
}

export const createRingback = (options: {
  readonly player: PromptPlayer;
  readonly urls: readonly string[];
  /** What is played where one of the urls can't be. */
  readonly fallback: string;
  /** Aborted when the call ends. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}): Ringback => {
  const { player, fallback, log } = options;
  let urls = options.urls;
  let running: { readonly stop: AbortController; readonly over: Promise<void> } | undefined;

  const loop = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const startedAt = performance.now();
      const failed = await player.play(urls, { signal }).then(
        () => undefined,
        (err: unknown) => ({ err }),
      );
      if (signal.aborted) return;
      // What has no length is played no faster than that.
      if (!failed && performance.now() - startedAt < shortestMs) urls = [...urls, `silence:${shortestMs / 1000}`];
      if (!failed) continue;
      if (urls.length === 1 && urls[0] === fallback) {
        log.error({ err: failed.err }, 'the ringing can not be played: the party hears silence');
        return;
      }
      log.warn({ err: failed.err }, 'ringback can not be played: the usual ringing is heard instead');
      urls = [fallback];
    }
  };

  return {
    start() {
      if (running || options.signal.aborted) return;
      const stop = new AbortController();
      running = { stop, over: loop(AbortSignal.any([stop.signal, options.signal])) };
    },
    async stop() {
      const stopped = running;
      running = undefined;
      stopped?.stop.abort(new Error('the ringing is over'));
      await stopped?.over;
    },
  };
};

/** The shortest round of what is played again and again, ms. */
const shortestMs = 200;
