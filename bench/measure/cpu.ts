import { readdir, readFile } from 'node:fs/promises';
import { type ProcStat, parseMachineStat, parseProcStat } from './proc-stat.ts';

/** A process whose CPU time is counted under a name. */
export interface Counted {
  readonly name: string;
  readonly pid: number;
  /** Counts its main thread under `name` and all other threads under this one. */
  readonly threads?: string;
}

/** CPU times since the start of each process, ms, and of the machine. */
export interface CpuTimes {
  /** By name, in the order of the processes. */
  readonly parts: ReadonlyMap<string, number>;
  readonly machineMs: number;
  /** performance.now() */
  readonly at: number;
}

const statOf = async (path: string): Promise<ProcStat> => parseProcStat(await readFile(`${path}/stat`, 'utf8'));

/** Reads all of them; throws if one has ended, because its times are lost then. */
export const readCpu = async (processes: readonly Counted[]): Promise<CpuTimes> => {
  const parts = new Map<string, number>();
  for (const { name, pid, threads } of processes) {
    const { ownMs, childrenMs } = await statOf(`/proc/${pid}`);
    const mainMs = threads === undefined ? ownMs : (await statOf(`/proc/${pid}/task/${pid}`)).ownMs;
    parts.set(name, mainMs + childrenMs);
    // By difference, so that threads that have ended are in it.
    if (threads !== undefined) parts.set(threads, ownMs - mainMs);
  }
  return { parts, machineMs: parseMachineStat(await readFile('/proc/stat', 'utf8')), at: performance.now() };
};

/** What was spent between two readings. */
export const spentBetween = (before: CpuTimes, after: CpuTimes): CpuTimes => ({
  parts: new Map([...after.parts].map(([name, ms]) => [name, ms - (before.parts.get(name) ?? 0)])),
  machineMs: after.machineMs - before.machineMs,
  at: after.at - before.at,
});

/** The living child of `parent` that has `word` among its arguments. */
export const findChild = async (parent: number, word: string): Promise<number> => {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if ((await statOf(`/proc/${name}`)).parent !== parent) continue;
      if ((await readFile(`/proc/${name}/cmdline`, 'utf8')).split('\0').includes(word)) return Number(name);
    } catch {
      // It ended while we looked: it is not the one.
    }
  }
  throw new Error(`process ${parent} has no child with ${word} in its arguments`);
};
