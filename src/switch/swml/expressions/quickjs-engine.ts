import { scopesJson } from '../variables.ts';
import { type ExpressionEngine, maxExpressionLength } from './engine.ts';
import type { Evaluated, Sandbox, SandboxOptions } from './sandbox.ts';

/**
 * Evaluates expressions in this thread, which an expression holds until it is done or its time is over: for tests and
 * tools. It is loaded at the first expression and needs no closing.
 */
export const createQuickJsEngine = (options: SandboxOptions = {}): ExpressionEngine => {
  let sandbox: Promise<Sandbox> | undefined;
  return {
    async evaluate(expression, scopes) {
      checkLength(expression);
      sandbox ??= import('./sandbox.ts').then(({ createSandbox }) => createSandbox(options));
      const evaluate = await sandbox;
      let evaluated: Evaluated;
      try {
        evaluated = evaluate(expression, scopesJson(scopes));
      } catch (thrown) {
        // What left the interpreter in an unknown state is not used again.
        sandbox = undefined;
        throw thrown;
      }
      return valueOfEvaluated(evaluated);
    },
  };
};

/** Throws for an expression that is too long. */
export const checkLength = (expression: string): void => {
  if (expression.length <= maxExpressionLength) return;
  throw new Error(`it has ${expression.length} characters; ${maxExpressionLength} are allowed`);
};

/** The value of what was evaluated. Throws what was wrong with it. */
export const valueOfEvaluated = (evaluated: Evaluated): unknown => {
  if ('error' in evaluated) throw new Error(evaluated.error);
  return evaluated.json === undefined ? undefined : JSON.parse(evaluated.json);
};
