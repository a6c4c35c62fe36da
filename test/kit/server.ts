import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { deathWrapper } from '../../src/embedded/program.ts';
import { deferred } from './deferred.ts';
import { killAll, type ProcessTrace, processesOf } from './processes.ts';
import type { SipAddress } from './sip-transport.ts';

export interface ServerOptions {
  /** Path of the SWML document that every call runs; left out if `set` has routes. */
  readonly script?: string;
  /** --set: key -> value as YAML, such as 'log.level': 'debug'. */
  readonly set?: Readonly<Record<string, string>>;
  /** Default: a new folder, which close() removes. */
  readonly dataDir?: string;
  /** Default: 127.0.0.1:0. */
  readonly sip?: string;
  readonly http?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** More arguments. */
  readonly args?: readonly string[];
  /** Default: 15,000. */
  readonly readyMs?: number;
}

/** One line of its log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string; readonly level?: string };

/** A running `sipreel serve --embedded`. */
export interface TestServer {
  readonly sip: SipAddress;
  /** http://127.0.0.1:PORT */
  readonly http: string;
  readonly dataDir: string;
  readonly pid: number;
  readonly logs: readonly LogLine[];
  /** The log as it came, for the print of a failing test. */
  logText(): string;
  /** Resolves with the first line, past or to come, that it says true for; rejects with the log. */
  waitForLog(what: string, predicate: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>;
  /** The exit code when it has ended, -1 if a signal has ended it. */
  readonly exited: Promise<number>;
  /** Sends the signal and resolves with the exit code; after `withinMs` (30 s) it is killed, and that rejects with its log. */
  stop(signal?: NodeJS.Signals, withinMs?: number): Promise<number>;
  /** For afterEach: kills it and what it has started, as far as they still run, and removes the data folder if it was made for it. */
  close(): Promise<void>;
}

const mainProgram = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const shownLogBytes = 20_000;
const lastWordsMs = 500;

/** Starts the built server; resolves when it is ready to take calls, rejects with its log if it ends before. */
export const startServer = async (options: ServerOptions = {}): Promise<TestServer> => {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'sipreel-e2e-')));
  const [command = process.execPath, ...rest] = [
    // Whatever happens to the tests, no server is left running.
    ...(await deathWrapper()),
    process.execPath,
    mainProgram,
    ...['serve', '--embedded', '--json', '--data', dataDir],
    ...['--sip', options.sip ?? '127.0.0.1:0', '--http', options.http ?? '127.0.0.1:0'],
    ...(options.script === undefined ? [] : ['--script', options.script]),
    ...Object.entries(options.set ?? {}).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
    ...(options.args ?? []),
  ];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } });
  const output = readOutput(child);
  const exited = new Promise<number>((resolve) => {
    child.once('error', () => resolve(-1));
    child.once('exit', (code) => {
      // Its last lines are read first; a child of its own that has outlived it would hold the pipes open for ever.
      const end = (): void => resolve(code ?? -1);
      const timer = setTimeout(end, lastWordsMs);
      child.once('close', () => {
        clearTimeout(timer);
        end();
      });
    });
  });

  const timedOut = sleep(options.readyMs ?? 15_000, 'late' as const, { ref: false });
  const first = await Promise.race([output.ready, exited, timedOut]);
  /** All that it had started when it got its last signal. */
  let family: ProcessTrace[] = [];
  const signalChild = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    family = await processesOf(child.pid);
    child.kill(signal);
  };
  const close = async (): Promise<void> => {
    await signalChild('SIGKILL');
    await exited;
    await killAll(family);
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  if (typeof first !== 'object') {
    await close();
    const why = first === 'late' ? 'was not ready in time' : `ended with exit code ${first}`;
    throw new Error(`the server ${why}:\n${output.text()}`);
  }
  const colon = first.sip.lastIndexOf(':');
  return {
    sip: { host: first.sip.slice(0, colon), port: Number(first.sip.slice(colon + 1)) },
    http: first.http,
    dataDir,
    pid: child.pid ?? 0,
    logs: output.logs,
    logText: output.text,
    exited,
    async waitForLog(what, predicate, timeoutMs = 10_000) {
      for (let waitedMs = 0; waitedMs <= timeoutMs; waitedMs += 20) {
        const found = output.logs.find(predicate);
        if (found !== undefined) return found;
        await sleep(20);
      }
      throw new Error(`the server did not log ${what} within ${timeoutMs} ms:\n${output.text()}`);
    },
    async stop(signal = 'SIGTERM', withinMs = 30_000) {
      await signalChild(signal);
      const code = await Promise.race([exited, sleep(withinMs, undefined, { ref: false })]);
      if (code !== undefined) return code;
      child.kill('SIGKILL');
      await exited;
      throw new Error(`the server did not end within ${withinMs} ms after ${signal}:\n${output.text()}`);
    },
    close,
  };
};

interface ReadyLine {
  readonly ready: true;
  readonly sip: string;
  readonly http: string;
}

/** Consumes both streams from the start. */
const readOutput = (child: ChildProcess) => {
  const logs: LogLine[] = [];
  const lines: string[] = [];
  const ready = deferred<ReadyLine>();
  const parse = (line: string): unknown => {
    try {
      return JSON.parse(line);
    } catch {
      return { msg: line }; // A crash prints plain text: it belongs into the print of the failing test.
    }
  };
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(`stdout: ${line}`);
      const value = parse(line) as Partial<ReadyLine>;
      if (value.ready === true && value.sip && value.http) ready.resolve(value as ReadyLine);
    });
  }
  if (child.stderr) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      logs.push(parse(line) as LogLine);
    });
  }
  return { logs, ready: ready.promise, text: () => lines.join('\n').slice(-shownLogBytes) };
};
