import type { Scopes } from '../variables.ts';

/** The longest expression, characters. */
export const maxExpressionLength = 1_024;
/** The longest time that an expression may run, ms. */
export const expressionDeadlineMs = 150;

/** Evaluates JavaScript expressions of scripts, which are not trusted. */
export interface ExpressionEngine {
  /**
   * The value of an expression as JSON can carry it; undefined for a function or nothing. Names without a prefix are
   * looked up in vars, envs and call; one that is not set is undefined.
   * Rejects with an Error whose message says in the script's terms what is wrong.
   */
  evaluate(expression: string, scopes: Scopes): Promise<unknown>;
}
