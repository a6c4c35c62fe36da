import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A redis-server of a test's own, empty and in memory. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it and waits for its exit; SIGKILL to see what a crash does. May be called twice. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });

const ready = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('Ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`redis-server ended with ${code ?? signal}:\n${output}`)));
  });

const startOn = async (port: number): Promise<TestRedis> => {
  const dir = await mkdtemp(join(tmpdir(), 'sipreel-redis-'));
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    // redis-server is not installed: there is nothing to wait for.
    child.once('error', () => resolve());
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    // A server that a test has frozen with SIGSTOP would never read its SIGTERM.
    child.kill('SIGCONT');
    child.kill(signal);
    await exited;
    process.removeListener('exit', kill);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await ready(child);
  } catch (error) {
    await stop('SIGKILL');
    throw error;
  }
  return { url: `redis://127.0.0.1:${port}`, port, pid: child.pid ?? 0, stop };
};

/** Starts redis-server on a free port of 127.0.0.1, or on `port` to bring one back where it was. */
export const startRedis = async (options: { readonly port?: number } = {}): Promise<TestRedis> => {
  if (options.port !== undefined) return startOn(options.port);
  let lastError: unknown;
  // Another test may take the port between the probe and the start.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      return await startOn(await freePort());
    } catch (error) {
      lastError = error;
    }
  }
  throw lastError;
};
