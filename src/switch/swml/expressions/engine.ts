import type { Scopes } from '../variables.ts';

/** The longest expression, characters. */
export const maxExpressionLength = 1_024;
/** The longest time that an expression may run, ms of processor time. */
export const expressionDeadlineMs = 150;

/** Who asks for a value. */
export interface Caller {
  /** One object for each call: where many wait, who has used the least time is served first. */
  readonly call: object;
  /** Whose value nobody waits for any more. */
  readonly signal: AbortSignal;
}

/** Evaluates JavaScript expressions of scripts, which are not trusted. */
export interface ExpressionEngine {
  /**
   * The value of an expression as JSON can carry it; undefined for a function or nothing. Names without a prefix are
   * looked up in vars, envs and call; one that is not set is undefined.
   * Rejects with an Error whose message says in the script's terms what is wrong.
   */
  evaluate(expression: string, scopes: Scopes, caller?: Caller): Promise<unknown>;
}
