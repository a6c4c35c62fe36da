import type { QuickJSWASMModule } from 'quickjs-emscripten';
import { maxExpressionLength } from './engine.ts';

/** Says what is wrong with the form of an expression, without running it; undefined if nothing is. */
export type SyntaxCheck = (expression: string) => Promise<string | undefined>;

/** Checks expressions by the interpreter that runs them; it is loaded at the first one. */
export const createSyntaxCheck = (): SyntaxCheck => {
  let module: Promise<QuickJSWASMModule> | undefined;
  return async (expression) => {
    if (expression.length > maxExpressionLength) {
      return `it has ${expression.length} characters; ${maxExpressionLength} are allowed`;
    }
    module ??= import('quickjs-emscripten').then(({ newQuickJSWASMModule }) => newQuickJSWASMModule());
    const context = (await module).newContext();
    try {
      const body = `with (names) return (${expression}\n)`;
      const result = context.evalCode(`void new Function('names', ${JSON.stringify(body)})`, 'expression');
      if (!result.error) {
        result.value.dispose();
        return undefined;
      }
      const thrown: unknown = context.dump(result.error);
      result.error.dispose();
      const message = typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : thrown;
      return `SyntaxError: ${String(message).slice(0, 300)}`;
    } finally {
      context.dispose();
    }
  };
};
