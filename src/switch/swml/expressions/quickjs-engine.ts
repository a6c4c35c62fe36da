import type { QuickJSContext, QuickJSWASMModule } from 'quickjs-emscripten';
import { type ExpressionEngine, expressionDeadlineMs, maxExpressionLength } from './engine.ts';

export interface QuickJsOptions {
  /** Milliseconds of processor time for one expression; 150 by default. */
  readonly deadlineMs?: number;
  /** Bytes that one expression may use; 16 MB by default. */
  readonly memoryBytes?: number;
}

/** The longest result, characters of JSON. */
const maxResultLength = 262_144;

/**
 * Runs expressions in QuickJS, compiled to WebAssembly: each has an interpreter of its own that reaches nothing of
 * this process. The module is loaded at the first expression; it needs no closing. An expression holds this thread
 * until it is done or its time is over.
 */
export const createQuickJsEngine = (options: QuickJsOptions = {}): ExpressionEngine => {
  const deadlineMs = options.deadlineMs ?? expressionDeadlineMs;
  const memoryBytes = options.memoryBytes ?? 16 * 1_048_576;
  let module: Promise<QuickJSWASMModule> | undefined;

  const load = (): Promise<QuickJSWASMModule> => {
    module ??= import('quickjs-emscripten').then(async ({ newQuickJSWASMModule }) => {
      const loaded = await newQuickJSWASMModule();
      // The first evaluation compiles the interpreter, which must not count as the script's time.
      const context = loaded.newContext();
      run(context, '1', '{"vars":{},"envs":{},"call":{},"params":{}}');
      context.dispose();
      return loaded;
    });
    return module;
  };

  return {
    async evaluate(expression, scopes) {
      if (expression.length > maxExpressionLength) {
        throw new Error(`it has ${expression.length} characters; ${maxExpressionLength} are allowed`);
      }
      const quickjs = await load();
      let finished = false;
      try {
        const runtime = quickjs.newRuntime({ memoryLimitBytes: memoryBytes, maxStackSizeBytes: 262_144 });
        const context = runtime.newContext();
        const isOver = startDeadline(deadlineMs);
        let late = false;
        runtime.setInterruptHandler(() => {
          late ||= isOver();
          return late;
        });
        const outcome = run(context, expression, JSON.stringify(scopes));
        context.dispose();
        runtime.dispose();
        finished = true;
        if (late) throw new Error(`it ran longer than ${deadlineMs} ms`);
        if ('error' in outcome) throw new Error(outcome.error);
        return outcome.value;
      } finally {
        // What left the interpreter in an unknown state is not used again.
        if (!finished) module = undefined;
      }
    },
  };
};

/**
 * Tells whether so many milliseconds are over, by the clock and by the processor time that this process used: on a
 * busy machine an expression that hardly ran is not late.
 */
const startDeadline = (deadlineMs: number): (() => boolean) => {
  const clock = performance.now();
  const used = process.cpuUsage();
  return () => {
    if (performance.now() - clock <= deadlineMs) return false;
    const { user, system } = process.cpuUsage(used);
    return (user + system) / 1_000 > deadlineMs;
  };
};

const run = (
  context: QuickJSContext,
  expression: string,
  scopes: string,
): { readonly value: unknown } | { readonly error: string } => {
  const data = context.newString(scopes);
  context.setProp(context.global, 'data', data);
  data.dispose();
  const result = context.evalCode(programOf(expression), 'expression');
  if (result.error) {
    const thrown: unknown = context.dump(result.error);
    result.error.dispose();
    return { error: describe(thrown) };
  }
  const json: unknown = context.dump(result.value);
  result.value.dispose();
  if (typeof json !== 'string') return { value: undefined };
  if (json.length > maxResultLength) return { error: `its result is longer than ${maxResultLength} characters` };
  return { value: JSON.parse(json) };
};

/**
 * The expression within a lookup of names: vars, envs, call, then JavaScript's own. The line break before `)` keeps a
 * comment at the end of the expression from swallowing it.
 */
const programOf = (expression: string): string => `(() => {
  const { vars, envs, call, params } = JSON.parse(data);
  const scopes = { vars, envs, call, params };
  const own = Object.prototype.hasOwnProperty;
  const at = (name) => [scopes, vars, envs, call].find((scope) => own.call(scope, name));
  const names = new Proxy({}, {
    has: (_, name) => typeof name === 'string' && (at(name) !== undefined || !(name in globalThis)),
    get: (_, name) => typeof name === 'string' ? at(name)?.[name] : undefined,
    set: () => { throw new TypeError('an expression cannot set variables'); },
  });
  delete globalThis.data;
  const value = new Function('names', 'with (names) return (' + ${JSON.stringify(expression)} + '\\n)')(names);
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) return JSON.stringify(String(value));
  return JSON.stringify(value);
})()`;

const describe = (thrown: unknown): string => {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
    const name = 'name' in thrown ? `${String(thrown.name)}: ` : '';
    return `${name}${String(thrown.message)}`.slice(0, 300);
  }
  return String(thrown).slice(0, 300);
};
