import type { CollectedDigits, PromptPlan } from '../swml/call-port.ts';

/** How far collecting has come. */
export type Collection =
  | {
      readonly done: false;
      readonly digits: string;
      /** When no more is waited, ms; undefined while the prompt is played. */
      readonly dueAt: number | undefined;
    }
  | ({ readonly done: true } & CollectedDigits);

/** Times are ms of any one clock. */
export type CollectionEvent =
  | { readonly event: 'digit'; readonly digit: string; readonly at: number }
  | { readonly event: 'played'; readonly at: number }
  | { readonly event: 'due' };

type Limits = Pick<PromptPlan, 'maxDigits' | 'terminators' | 'digitTimeoutS' | 'initialTimeoutS'>;

export const startCollection = (): Collection => ({ done: false, digits: '', dueAt: undefined });

/**
 * Digits count from the beginning on and each begins the wait for the next; the wait for the first begins when all was
 * played. Terminators are none of the digits. What comes after the end changes nothing.
 */
export const nextCollection = (state: Collection, event: CollectionEvent, limits: Limits): Collection => {
  if (state.done) return state;
  switch (event.event) {
    case 'played':
      // A digit that stopped the prompt has begun the wait already.
      if (state.dueAt !== undefined) return state;
      return { ...state, dueAt: event.at + limits.initialTimeoutS * 1000 };
    case 'due':
      return {
        done: true,
        digits: state.digits,
        terminator: '',
        endedBy: state.digits === '' ? 'initial_timeout' : 'digit_timeout',
      };
    case 'digit': {
      if (limits.terminators.includes(event.digit)) {
        return { done: true, digits: state.digits, terminator: event.digit, endedBy: 'terminator' };
      }
      const digits = state.digits + event.digit;
      if (digits.length >= limits.maxDigits) return { done: true, digits, terminator: '', endedBy: 'max_digits' };
      return { done: false, digits, dueAt: event.at + limits.digitTimeoutS * 1000 };
    }
  }
};
