import { join } from 'node:path';
import type { LoadPlan, LoadResult } from '../load/plan.ts';
import { startChild } from './child.ts';

/** Runs the load generator on a plan to its end; `signal` ends its calls, and it rejects with the signal's reason. */
export const runLoad = async (
  built: string,
  wrapper: readonly string[],
  plan: LoadPlan,
  signal: AbortSignal,
): Promise<LoadResult> => {
  signal.throwIfAborted();
  const child = startChild(wrapper, process.execPath, [join(built, 'bench/load/main.js'), JSON.stringify(plan)]);
  const onAbort = (): void => void child.end('SIGTERM');
  signal.addEventListener('abort', onAbort);
  try {
    const result = JSON.parse(await child.line()) as LoadResult;
    signal.throwIfAborted();
    return result;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await child.end('SIGTERM');
  }
};
