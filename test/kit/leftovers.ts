import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createRtpengine, type RtpengineAddress } from '../../src/rtpengine/rtpengine.ts';
import type { TestServer } from './server.ts';

/** A process of the server: itself, its worker, its redis-server... */
export interface ProcessTrace {
  readonly pid: number;
  /** Tells it from a later process with the same pid. */
  readonly startTicks: string;
  readonly command: string;
}

/** Where the rtpengine of an embedded server takes ng commands, as its log says. */
export const rtpengineOf = (server: Pick<TestServer, 'logs' | 'logText'>): RtpengineAddress => {
  const line = server.logs.find(({ msg }) => msg === 'the embedded parts are up');
  const address = line?.rtpengine as RtpengineAddress | undefined;
  if (address === undefined) throw new Error(`the log does not name the rtpengine:\n${server.logText()}`);
  return address;
};

/** The Call-IDs that an rtpengine has. */
export const callsIn = async (address: RtpengineAddress): Promise<string[]> => {
  const rtpengine = createRtpengine({ address, log: pino({ level: 'silent' }) });
  try {
    const { calls } = await rtpengine.command('list', { limit: '1000' });
    return Array.isArray(calls) ? calls.map(String) : [];
  } finally {
    rtpengine.close();
  }
};

/** Resolves when rtpengine has no call; rejects with those it has after `withinMs`. */
export const waitForNoCalls = async (address: RtpengineAddress, withinMs = 5000): Promise<void> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const calls = await callsIn(address);
    if (calls.length === 0) return;
    if (Date.now() > deadline) throw new Error(`rtpengine still has ${calls.length} calls: ${calls.join(', ')}`);
    await sleep(50);
  }
};

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

/**
 * Ends a server whose calls are over and proves that it leaves nothing: rtpengine has no call before, the exit code is 0,
 * and no process is left after it.
 */
export const stopWithoutLeftovers = async (server: TestServer, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
  await waitForNoCalls(rtpengineOf(server)).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${server.logText()}`, { cause: error });
  });
  const processes = await processesOf(server.pid);
  const exitCode = await server.stop(signal);
  if (exitCode !== 0) throw new Error(`the server ended with exit code ${exitCode}:\n${server.logText()}`);
  await waitUntilGone(processes);
};
