import type { PartyDigits } from '../media/party-digits.ts';
import type { PlayPromptsOptions, PromptPlayer } from '../media/prompt/player.ts';
import type { CollectedDigits, PromptPlan } from '../swml/call-port.ts';
import { type CollectionEvent, nextCollection, startCollection } from './collect-digits.ts';

/**
 * Plays the entries and collects the party's digits; the first of them stops the prompt. Rejects with what kept an entry
 * from being played, or with the signal's reason.
 */
export const promptForDigits = async (
  parts: { readonly player: PromptPlayer; readonly digits: PartyDigits; readonly signal: AbortSignal },
  urls: readonly string[],
  plan: PromptPlan,
  options: PlayPromptsOptions,
): Promise<CollectedDigits> => {
  const { player, digits, signal } = parts;
  signal.throwIfAborted();
  const interrupted = new AbortController();
  let stopListening: () => void = () => undefined;
  let timer: NodeJS.Timeout | undefined;
  let onAbort: () => void = () => undefined;
  let played: Promise<void> = Promise.resolve();
  try {
    return await new Promise<CollectedDigits>((resolve, reject) => {
      let state = startCollection();
      const take = (event: CollectionEvent): void => {
        state = nextCollection(state, event, plan);
        clearTimeout(timer);
        if (state.done) {
          const { done: _, ...collected } = state;
          resolve(collected);
        } else if (state.dueAt !== undefined) {
          timer = setTimeout(() => take({ event: 'due' }), state.dueAt - performance.now());
        }
      };
      onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      stopListening = digits.listen((digit) => {
        interrupted.abort(new Error('a digit came'));
        take({ event: 'digit', digit, at: performance.now() });
      });
      played = player
        .play(urls, { ...options, signal: AbortSignal.any([signal, interrupted.signal]) })
        .then(() => take({ event: 'played', at: performance.now() }))
        .catch((error: unknown) => {
          // A prompt that a digit has stopped is no failure.
          if (!interrupted.signal.aborted) reject(error);
        });
    });
  } finally {
    clearTimeout(timer);
    stopListening();
    signal.removeEventListener('abort', onAbort);
    interrupted.abort(new Error('the prompt is over'));
    // Until its sound is given up, nothing else can be played.
    await played;
  }
};
