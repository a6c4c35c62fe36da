import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { deathWrapper } from '../../src/embedded/program.ts';

/** A program that stands beside sipreel at its users': a proxy, a balancer. */
export interface Neighbour {
  /** What it has said on both streams. */
  output(): string;
  /** Waits until `look` says true; rejects with what it was to be and the program's output if it ends before, or after 10 s. */
  until(what: string, look: () => boolean | Promise<boolean>): Promise<void>;
  /** kill -9, with what it has started; resolves when it has gone. Idempotent. */
  kill(): Promise<void>;
}

const untilMs = 10_000;

/** Starts a program that stays in the foreground. Debian has servers in /usr/sbin, which not everybody's PATH has. */
export const startNeighbour = async (program: string, args: readonly string[]): Promise<Neighbour> => {
  const [command = program, ...rest] = [...(await deathWrapper()), program, ...args];
  // A process group of its own: Kamailio and HAProxy have children.
  const child = spawn(command, rest, {
    ...{ stdio: ['ignore', 'pipe', 'pipe'], detached: true },
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (said: string) => {
      output += said;
    });
  }
  let over = false;
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      over = true;
      resolve();
    });
    child.once('exit', () => {
      over = true;
      resolve();
    });
  });
  return {
    output: () => output,
    async until(what, look) {
      const deadline = Date.now() + untilMs;
      while (!(await look())) {
        if (over || Date.now() > deadline) {
          throw new Error(`${program} ${over ? 'has ended' : `ran for ${untilMs} ms`} before ${what}:\n${output}`);
        }
        await sleep(20);
      }
    },
    async kill() {
      if (!over && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await exited;
    },
  };
};
