/** What a line of /proc/PID/stat or /proc/PID/task/TID/stat says of CPU (proc_pid_stat(5)); times in ms. */
export interface ProcStat {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of it alone. */
  readonly ownMs: number;
  /** The same of children that have ended and were waited for. */
  readonly childrenMs: number;
}

/** Linux counts these times in hundredths of a second towards user space, whatever the kernel's own clock. */
const tickMs = 10;

/** Reads a stat line. The program's name may hold spaces and brackets: what counts begins after the last one. */
export const parseProcStat = (line: string): ProcStat => {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const fields = line.slice(close + 2).split(' ');
  const ticks = (field: number): number => Number(fields[field - 3]);
  const stat = {
    pid: Number(line.slice(0, open)),
    parent: ticks(4),
    ownMs: (ticks(14) + ticks(15)) * tickMs,
    childrenMs: (ticks(16) + ticks(17)) * tickMs,
  };
  if (open === -1 || close === -1 || Object.values(stat).some((value) => !Number.isFinite(value))) {
    throw new Error(`no line of /proc/PID/stat: ${line}`);
  }
  return stat;
};

/** CPU time that the whole machine has spent since its start, ms: the first line of /proc/stat without idle and iowait. */
export const parseMachineStat = (text: string): number => {
  const [, user, nice, system, , , irq, softirq] = (text.split('\n')[0] ?? '').split(/\s+/).map(Number);
  const busy = [user, nice, system, irq, softirq].reduce<number>((sum, ticks) => sum + (ticks ?? Number.NaN), 0);
  if (!Number.isFinite(busy)) throw new Error(`no /proc/stat: ${text.slice(0, 100)}`);
  return busy * tickMs;
};
