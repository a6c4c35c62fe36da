import { readFileSync } from 'node:fs';
import { newQuickJSWASMModule, type QuickJSContext, type QuickJSWASMModule } from 'quickjs-emscripten';
import { expressionDeadlineMs } from './engine.ts';

export interface SandboxOptions {
  /** Milliseconds of processor time for one expression; 150 by default. */
  readonly deadlineMs?: number;
  /** Bytes that one expression may use; 16 MB by default. */
  readonly memoryBytes?: number;
}

/** What an expression comes to: the JSON of its value (undefined for nothing), or what is wrong in words. */
export type Evaluated = { readonly json: string | undefined } | { readonly error: string };

/** Evaluates an expression with the scopes as JSON; holds this thread until it is done or its time is over. */
export type Sandbox = (expression: string, scopes: string) => Evaluated;

/** The longest result, characters of JSON. */
const maxResultLength = 262_144;

/**
 * QuickJS, compiled to WebAssembly: each expression has an interpreter of its own that reaches nothing of this process.
 * A sandbox that throws is in an unknown state: the next expression needs a new one.
 */
export const createSandbox = async (options: SandboxOptions = {}): Promise<Sandbox> => {
  const deadlineMs = options.deadlineMs ?? expressionDeadlineMs;
  const memoryBytes = options.memoryBytes ?? 16 * 1_048_576;
  const quickjs: QuickJSWASMModule = await newQuickJSWASMModule();
  // The first evaluation compiles the interpreter, which must not count as the script's time.
  const warm = quickjs.newContext();
  run(warm, '1', '{"vars":{},"envs":{},"call":{},"params":{}}');
  warm.dispose();
  return (expression, scopes) => {
    const runtime = quickjs.newRuntime({ memoryLimitBytes: memoryBytes, maxStackSizeBytes: 262_144 });
    const context = runtime.newContext();
    const isOver = startDeadline(deadlineMs);
    let late = false;
    runtime.setInterruptHandler(() => {
      late ||= isOver();
      return late;
    });
    const outcome = run(context, expression, scopes);
    context.dispose();
    runtime.dispose();
    return late ? { error: `it ran longer than ${deadlineMs} ms` } : outcome;
  };
};

/**
 * Tells whether so many milliseconds are over, by the clock and by the processor time that was used: on a busy machine an
 * expression that hardly ran is not late.
 */
const startDeadline = (deadlineMs: number): (() => boolean) => {
  const clock = performance.now();
  const used = processorMs();
  return () => performance.now() - clock > deadlineMs && processorMs() - used > deadlineMs;
};

/** The processor time of this thread, ms; where the kernel does not tell it, that of the process. */
const processorMs = (): number => {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ', 1)[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  }
};

const run = (context: QuickJSContext, expression: string, scopes: string): Evaluated => {
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
  if (typeof json !== 'string') return { json: undefined };
  if (json.length > maxResultLength) return { error: `its result is longer than ${maxResultLength} characters` };
  return { json };
};

/**
 * The expression within a lookup of names: vars, envs, call, then JavaScript's own. Names of the call's headers are read in any case,
 * as `withAnyCase` does it outside. The line break before `)` keeps a comment at the end of the expression from swallowing it.
 */
const programOf = (expression: string): string => `(() => {
  const { vars, envs, call, params } = JSON.parse(data);
  const stored = (name) => typeof name === 'string' ? name.toLowerCase() : name;
  if (call.headers) call.headers = new Proxy(call.headers, {
    get: (headers, name) => headers[stored(name)],
    has: (headers, name) => stored(name) in headers,
  });
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
