import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program of the benchmark that tells what it has to tell in lines of JSON on its standard output. */
export interface Child {
  readonly pid: number;
  /** Resolves with the next line; rejects with its exit code and last words if it ends without one. */
  line(): Promise<string>;
  /** Idempotent: the signal, SIGKILL if it is still there 20 s later; resolves when it is gone. */
  end(signal: 'SIGTERM' | 'SIGINT'): Promise<void>;
}

const patienceMs = 20_000;

/** @param wrapper see deathWrapper: what we start is not to outlive us */
export const startChild = (wrapper: readonly string[], program: string, args: readonly string[]): Child => {
  const [command = program, ...rest] = [...wrapper, program, ...args];
  // In a process group of its own: Ctrl-C in a terminal reaches only us, and we end it in the right order.
  const child: ChildProcess = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const lines: string[] = [];
  let waiting: (() => void) | undefined;
  let said = '';
  let status: string | undefined;
  let ending: Promise<void> | undefined;

  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      waiting?.();
    });
  }
  const gone = new Promise<void>((resolve) => {
    const over = (how: string): void => {
      status ??= how;
      waiting?.();
      resolve();
    };
    child.once('error', (error) => over(`it could not be started: ${error.message}`));
    child.once('close', (code, signal) => over(signal ?? `exit code ${code}`));
  });

  const end = async (signal: 'SIGTERM' | 'SIGINT'): Promise<void> => {
    if (status !== undefined) return;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await gone;
    clearTimeout(timer);
  };

  return {
    pid: child.pid ?? 0,
    async line() {
      for (;;) {
        const line = lines.shift();
        if (line !== undefined) return line;
        if (status !== undefined) throw new Error(`${args[0]} ended (${status}); its last words:\n${said}`);
        await new Promise<void>((resolve) => {
          waiting = resolve;
        });
      }
    },
    end(signal) {
      ending ??= end(signal);
      return ending;
    },
  };
};
