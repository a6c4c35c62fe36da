import { spawn } from 'node:child_process';
import { SipreelError } from '../errors/error.ts';

export interface RunOptions {
  readonly cwd: string;
  /** Ends it with SIGTERM, and the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Written to its standard input. */
  readonly input?: string;
}

/**
 * Runs one of the demo's programs to its end.
 * @throws SipreelError demo_failed with its exit code and last lines
 */
export const runProgram = (program: string, args: readonly string[], options: RunOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, signal: options.signal, stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-2000);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.stdin.on('error', () => undefined); // It ended before it had read all: its exit code tells.
    child.stdin.end(options.input ?? '');
    child.once('error', (cause) => {
      reject(options.signal.aborted ? cause : failed(program, `could not be run: ${cause.message}`, said));
    });
    child.once('close', (code, signal) => {
      if (options.signal.aborted) return reject(options.signal.reason);
      if (code === 0) return resolve();
      reject(failed(program, `ended with ${signal ?? `exit code ${code}`}`, said));
    });
  });

const failed = (program: string, what: string, said: string): SipreelError =>
  new SipreelError('demo_failed', `${program} ${what}; its last words:\n${said.trim()}`);
