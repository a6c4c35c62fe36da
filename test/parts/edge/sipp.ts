import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { freePort } from './server.ts';

/** A SIPp that runs. */
export interface Sipp {
  readonly port: number;
  /** Resolves when all its calls are done; rejects with its errors where one failed. */
  done: Promise<void>;
  /** Ends it. Idempotent. */
  close(): Promise<void>;
}

/** What SIPp is to do. */
export interface SippOptions {
  /** A built-in scenario (`uac`, `uas`) or one in XML. */
  readonly scenario: 'uac' | 'uas' | { readonly xml: string };
  /** Where calls go; a called party has none. */
  readonly to?: number;
  readonly transport?: 'udp' | 'tcp';
  readonly calls?: number;
  /** Calls a second. */
  readonly rate?: number;
  /** How long a call stays up, in milliseconds. */
  readonly holdMs?: number;
}

/** Starts SIPp on a free port of 127.0.0.1. */
export async function startSipp(options: SippOptions): Promise<Sipp> {
  const { scenario, to, transport = 'udp', calls = 1, rate = 10, holdMs = 100 } = options;
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'sipp-'));
  const errors = join(directory, 'errors');
  const xml = join(directory, 'scenario.xml');
  if (typeof scenario === 'object') await writeFile(xml, scenario.xml);
  const args = [
    ...(to === undefined ? [] : [`127.0.0.1:${to}`]),
    ...(typeof scenario === 'string' ? ['-sn', scenario] : ['-sf', xml]),
    ...['-i', '127.0.0.1', '-p', String(port), '-t', transport === 'udp' ? 'u1' : 't1', '-m', String(calls)],
    ...['-r', String(rate), '-d', String(holdMs), '-timeout', '20s', '-timeout_error', '-recv_timeout', '15000'],
    ...['-nostdin', '-trace_err', '-error_file', errors],
  ];
  const child = spawn('sipp', args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: directory });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(String(chunk)));
  const exited = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      output.push(error.message);
      resolve(null);
    });
    child.once('close', resolve);
  });
  let closing = false;
  // A called party must be there before it is called.
  if (to === undefined) await eventually('SIPp on its port', () => isBound(transport, port));
  const done = exited.then(async (code) => {
    const details = await readFile(errors, 'utf8').catch(() => '');
    await rm(directory, { recursive: true, force: true });
    if (code !== 0 && !closing)
      throw new Error(`sipp ended with ${code}:\n${details}\n${output.join('').slice(-3000)}`);
  });
  done.catch(() => {});
  return {
    port,
    done,
    async close() {
      closing = true;
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Whether a process of this machine listens on a port, from Linux's list. */
async function isBound(transport: 'udp' | 'tcp', port: number): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const state = transport === 'udp' ? '07' : '0A';
  const lines = (await readFile(`/proc/net/${transport}`, 'utf8')).split('\n');
  return lines.some((line) => new RegExp(`^\\s*\\d+: [0-9A-F]{8}:${hex} \\S+ ${state} `).test(line));
}
