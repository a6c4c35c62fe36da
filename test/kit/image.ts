import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { deathWrapper } from '../../src/embedded/program.ts';
import { processesOf } from './processes.ts';

const run = promisify(execFile);

/** What the image says of itself, in Docker's words. */
export interface ImageConfig {
  readonly User: string;
  readonly WorkingDir: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Volumes: Readonly<Record<string, unknown>>;
  readonly StopSignal: NodeJS.Signals;
  /** The first word is CMD. */
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** How a program in a container has ended. */
export interface Ended {
  /** -1 if a signal has ended it. */
  readonly code: number;
  /** Both streams. */
  readonly text: string;
}

export interface ContainerOptions {
  /** Folders and files of this machine by their place in the container. */
  readonly volumes?: Readonly<Record<string, string>>;
}

/** The image's file system, with programs in a chroot: as its user, in its folder, on this machine's network. */
export interface Container {
  /** The image's entry point with these arguments, until it ends or is ended. */
  start(args: readonly string[]): Promise<Running>;
  /** Any program, to its end. */
  exec(command: readonly string[]): Promise<Ended>;
  /** Ends what runs, and forgets the container. */
  close(): Promise<void>;
}

export interface Running {
  readonly ended: Promise<Ended>;
  /** What it has said so far. */
  text(): string;
  /** Resolves when it has said this; rejects with what it has said if it ends before, or after 30 s. */
  said(text: string): Promise<void>;
  /** The signal goes to the entry point alone, as that of a container engine does. */
  signal(name: NodeJS.Signals): Promise<void>;
}

const saidMs = 30_000;

/** The image `sipreel` that deploy/build-image.sh has left in a folder. */
export const openImage = async (folder: string) => {
  const options = ['--storage-driver', 'vfs', '--root', `${folder}/images`, '--runroot', `${folder}/run`];
  const buildah = async (...args: readonly string[]): Promise<string> =>
    (await run('buildah', [...options, ...args])).stdout.trim();
  const { Docker } = JSON.parse(await buildah('inspect', '--type', 'image', 'localhost/sipreel')) as {
    Docker: { config: ImageConfig };
  };
  const { config } = Docker;

  const createContainer = async ({ volumes = {} }: ContainerOptions = {}): Promise<Container> => {
    const name = await buildah('from', '--pull-never', 'localhost/sipreel');
    const mounts = Object.entries(volumes).flatMap(([inside, outside]) => ['--volume', `${outside}:${inside}`]);
    const living = new Set<ChildProcess>();

    const start = async (command: readonly string[]): Promise<Running> => {
      const [first = '', ...rest] = [
        ...(await deathWrapper()),
        ...['buildah', ...options, 'run', '--isolation', 'chroot', ...mounts, name, '--', ...command],
      ];
      const child = spawn(first, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
      living.add(child);
      let text = '';
      const watchers = new Set<() => void>();
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (part: string) => {
          text += part;
          for (const look of watchers) look();
        });
      }
      const ended = new Promise<Ended>((resolve) =>
        child.once('close', (code) => {
          living.delete(child);
          resolve({ code: code ?? -1, text });
        }),
      );
      return {
        ended,
        text: () => text,
        said: (what) =>
          new Promise((resolve, reject) => {
            const fail = (why: string) => () => reject(new Error(`${why} without ${JSON.stringify(what)}:\n${text}`));
            const timer = setTimeout(fail(`${saidMs} ms`), saidMs);
            const look = (): void => {
              if (!text.includes(what)) return;
              clearTimeout(timer);
              watchers.delete(look);
              resolve();
            };
            watchers.add(look);
            void ended.then(fail('it has ended'));
            look();
          }),
        async signal(signal) {
          const family = await processesOf(child.pid ?? 0);
          const entry = family[family.findIndex((each) => each.command.startsWith('buildah-chroot-exec ')) + 1];
          if (entry === undefined) throw new Error(`${command.join(' ')} does not run:\n${text}`);
          process.kill(entry.pid, signal);
        },
      };
    };

    return {
      start: (args) => start([...config.Entrypoint, ...args]),
      exec: async (command) => (await start(command)).ended,
      async close() {
        for (const child of living) {
          const gone = new Promise((resolve) => child.once('close', resolve));
          for (const { pid } of (await processesOf(child.pid ?? 0)).reverse()) process.kill(pid, 'SIGKILL');
          await gone;
        }
        await buildah('rm', name);
      },
    };
  };
  return { config, createContainer };
};
