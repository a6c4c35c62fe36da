import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { deathWrapper } from '../../src/embedded/program.ts';
import { type ProcessTrace, processesOf } from './processes.ts';

/** How a run of `sipreel` has ended. */
export interface CliResult {
  /** -1 if a signal has ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `sipreel`. */
export interface CliRun {
  readonly result: Promise<CliResult>;
  /** Resolves when it has written this to either stream; rejects with what it has written if it ends before. */
  written(text: string): Promise<void>;
  /** The first line of standard output that has this text, as soon as it is written. */
  line(text: string): Promise<string>;
  /** Itself and all that it has started, now. */
  family(): Promise<readonly ProcessTrace[]>;
  kill(signal: NodeJS.Signals): void;
}

const mainProgram = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Starts the built program with these arguments. */
export const startCli = async (args: readonly string[]): Promise<CliRun> => {
  const [command = process.execPath, ...rest] = [...(await deathWrapper()), process.execPath, mainProgram, ...args];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      for (const look of watchers) look();
    });
  }
  let over = false;
  const result = new Promise<CliResult>((resolve) => {
    const end = (code: number): void => {
      over = true;
      for (const look of watchers) look();
      resolve({ code, ...said });
    };
    child.once('error', (error) => {
      said.stderr += error.message;
      end(-1);
    });
    child.once('close', (code) => end(code ?? -1));
  });
  const written = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = said.stdout.includes(text) || said.stderr.includes(text);
        if (!found && !over) return;
        watchers.delete(look);
        if (found) resolve();
        else reject(new Error(`it has ended without ${JSON.stringify(text)}:\n${said.stdout}\n${said.stderr}`));
      };
      watchers.add(look);
      look();
    });
  return {
    result,
    written,
    async line(text) {
      await written(text);
      return said.stdout.split('\n').find((line) => line.includes(text)) ?? '';
    },
    family: () => processesOf(child.pid ?? 0),
    kill: (signal) => void child.kill(signal),
  };
};

/** Runs it to its end. */
export const runCli = async (args: readonly string[]): Promise<CliResult> => (await startCli(args)).result;
