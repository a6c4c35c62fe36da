import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { registryKeys } from '../../src/recorder/registry/keys.ts';
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

/** How many UDP sockets a process has (Linux: /proc). */
export const udpSocketsOf = async (pid: number): Promise<number> => {
  const udp = `${await readFile('/proc/net/udp', 'utf8')}\n${await readFile('/proc/net/udp6', 'utf8')}`;
  const inodes = new Set(udp.split('\n').map((line) => line.trim().split(/\s+/)[9]));
  const links = await Promise.all(
    (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
  );
  return links.filter((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? '')).length;
};

/** Resolves when Redis has no key of an active recording; rejects with those it has after `withinMs`. */
export const waitForNoRecordings = async (redisUrl: string, withinMs = 10_000): Promise<void> => {
  const keys = registryKeys('sipreel');
  const redis = new Redis(redisUrl);
  const deadline = Date.now() + withinMs;
  try {
    for (;;) {
      const lists = [keys.controlsOfCall('*'), keys.recordingsOfCall('*'), keys.recordingsOfNode('*')];
      const left = (await Promise.all(lists.map((key) => redis.keys(key)))).flat();
      const active = await redis.zrange(keys.active, '0', '-1');
      if (active.length + left.length === 0) return;
      if (Date.now() > deadline) throw new Error(`Redis still has ${left.join(', ')}; active: ${active.join(', ')}`);
      await sleep(50);
    }
  } finally {
    redis.disconnect();
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
