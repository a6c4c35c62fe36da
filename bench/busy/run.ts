import { mkdir } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { readCpu, spentBetween } from '../measure/cpu.ts';
import { type Child, startChild } from '../parts/child.ts';
import { startServer } from '../parts/server.ts';
import type { BusyArguments } from './arguments.ts';
import type { Lateness } from './lateness.ts';
import { busyScripts, promptNumber, writeBusyScripts } from './scripts.ts';

/** What one call to the prompt was like. */
export interface BusyPhase extends Lateness {
  /** CPU of the server's main thread, and of its other threads, in cores. */
  readonly main_cpu: number;
  readonly threads_cpu: number;
  /** Share of all cores that programs took which are none of ours. */
  readonly foreign_cpu: number;
}

export interface BusyResult {
  readonly alone: BusyPhase;
  readonly busy: BusyPhase;
  /** Calls with busy scripts that were made, some again and again. */
  readonly calls: number;
}

export interface BusySetting {
  readonly given: BusyArguments;
  readonly root: string;
  readonly built: string;
  readonly dir: string;
  readonly wrapper: readonly string[];
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

/** Listens to a prompt of one `sipreel serve --embedded`, alone and beside busy scripts. */
export const runBusy = async (setting: BusySetting): Promise<BusyResult> => {
  const { given, root, built, wrapper, signal, tell } = setting;
  const dir = join(setting.dir, 'server');
  await mkdir(dir);
  const children: Child[] = [];
  const start = (program: string, args: readonly string[]): Child => {
    signal.throwIfAborted();
    const child = startChild(wrapper, process.execPath, [join(built, 'bench/busy', program), ...args]);
    children.push(child);
    return child;
  };
  const onAbort = (): void => void Promise.all(children.map((child) => child.end('SIGTERM')));
  signal.addEventListener('abort', onAbort);
  try {
    const routes = await writeBusyScripts(dir, given.seconds);
    const server = await startServer(root, dir, { routes, settings: given.settings }, wrapper, (child) => {
      children.push(child);
    });
    const { sip: target } = server;
    const ours = server.processes;
    const listen = async (): Promise<BusyPhase> => {
      const before = await readCpu(ours);
      const own = process.cpuUsage();
      const child = start('phone.js', [JSON.stringify({ target, to: promptNumber })]);
      const lateness = JSON.parse(await child.line()) as Lateness;
      const spent = spentBetween(before, await readCpu(ours));
      const { user, system } = process.cpuUsage(own);
      const sum = [...spent.parts.values()].reduce((total, ms) => total + ms, 0) + (user + system) / 1000;
      const main = ours.find(({ threads }) => threads !== undefined);
      return {
        ...lateness,
        main_cpu: (spent.parts.get(main?.name ?? '') ?? 0) / spent.at,
        threads_cpu: (spent.parts.get(main?.threads ?? '') ?? 0) / spent.at,
        foreign_cpu: Math.max(0, spent.machineMs - sum) / (spent.at * cpus().length),
      };
    };
    tell(`one call listens to a prompt of ${given.seconds} s`);
    await listen(); // A server that has just started still compiles its code.
    const alone = await listen();
    tell(`the same beside ${given.scripts} busy scripts`);
    const numbers = Object.keys(busyScripts);
    const callers = start('callers.js', [JSON.stringify({ target, numbers, count: given.scripts })]);
    await callers.line();
    const busy = await listen();
    const told = callers.line();
    await callers.end('SIGTERM');
    const { made } = JSON.parse(await told) as { made: number };
    signal.throwIfAborted();
    return { alone, busy, calls: made };
  } finally {
    signal.removeEventListener('abort', onAbort);
    for (const child of children.reverse()) await child.end('SIGINT');
  }
};
