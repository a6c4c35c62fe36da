import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createRtpengine, type RtpengineAddress } from '../../src/rtpengine/rtpengine.ts';
import { processesOf, waitUntilGone } from './processes.ts';
import type { TestServer } from './server.ts';

/** A line of the server's log. */
export interface PartsLine {
  readonly rtpengine: RtpengineAddress;
  /** URL. */
  readonly redis: string;
  /** By name: redis, rtpengine, sip. */
  readonly pids: Readonly<Record<'redis' | 'rtpengine' | 'sip', number>>;
}

/** What the server's log says of its parts: its rtpengine, its Redis and their process ids. */
export const partsOf = (server: Pick<TestServer, 'logs' | 'logText'>): PartsLine => {
  const line = server.logs.find(({ msg }) => msg === 'the embedded parts are up');
  if (line === undefined) throw new Error(`the log does not name the parts:\n${server.logText()}`);
  return line as unknown as PartsLine;
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

/**
 * Ends a server whose calls are over and proves that it leaves nothing: rtpengine has no call before, the exit code is 0,
 * and no process is left after it.
 */
export const stopWithoutLeftovers = async (server: TestServer, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
  await waitForNoCalls(partsOf(server).rtpengine).catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${server.logText()}`, { cause: error });
  });
  const processes = await processesOf(server.pid);
  const exitCode = await server.stop(signal);
  if (exitCode !== 0) throw new Error(`the server ended with exit code ${exitCode}:\n${server.logText()}`);
  await waitUntilGone(processes);
};
