import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process of the server: itself, its worker, its redis-server... */
export interface ProcessTrace {
  readonly pid: number;
  /** Tells it from a later process with the same pid. */
  readonly startTicks: string;
  readonly command: string;
}

/** A process and all that it has started, while they run (Linux: /proc). */
export const processesOf = async (pid: number): Promise<ProcessTrace[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = (await Promise.all(pids.map(readProcess))).filter((each) => each !== undefined);
  const family = all.filter((each) => each.pid === pid);
  // The list grows while it is walked: children of children follow their parents.
  for (const parent of family) family.push(...all.filter((each) => each.parent === parent.pid));
  return family.map(({ pid: own, startTicks, command }) => ({ pid: own, startTicks, command }));
};

const readProcess = async (pid: number): Promise<(ProcessTrace & { readonly parent: number }) | undefined> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; after it: state, parent, ..., start time (proc(5), field 22).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
    return { pid, parent: Number(fields[1]), startTicks: fields[19] ?? '', command };
  } catch {
    return undefined; // It has ended meanwhile.
  }
};

/** Resolves when all of them have ended; rejects with those that run after `withinMs`. */
export const waitUntilGone = async (processes: readonly ProcessTrace[], withinMs = 5000): Promise<void> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await Promise.all(processes.map(({ pid }) => readProcess(pid)));
    const left = processes.filter(({ startTicks }, i) => found[i]?.startTicks === startTicks);
    if (left.length === 0) return;
    if (Date.now() > deadline) {
      throw new Error(`still running:\n${left.map(({ pid, command }) => `  ${pid} ${command}`).join('\n')}`);
    }
    await sleep(20);
  }
};

/** Ends with SIGKILL those that still run. */
export const killAll = async (processes: readonly ProcessTrace[]): Promise<void> => {
  for (const { pid, startTicks } of processes) {
    if ((await readProcess(pid))?.startTicks === startTicks) process.kill(pid, 'SIGKILL');
  }
  await waitUntilGone(processes);
};
