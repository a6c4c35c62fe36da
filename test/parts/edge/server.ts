import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../eventually.ts';

/** A SIP server that applications control: the embedded edge, or drachtio-server where DRACHTIO_BIN names its program. */
export interface SipServer {
  readonly sipPort: number;
  readonly controlPort: number;
  readonly secret: string;
  /** All it has logged. */
  log(): string;
  isRunning(): boolean;
  /** Ends it with SIGTERM; resolves with its exit code. Idempotent. */
  close(): Promise<number | null>;
}

/** The real server's program, where the same scenarios shall run on it. */
export const drachtioBin: string | undefined = process.env.DRACHTIO_BIN;

const edgeProgram = fileURLToPath(new URL('../../../dist/edge/main.js', import.meta.url));
const secret = 'test-secret';

/** Finds a port of 127.0.0.1 that is free at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** Starts the server on free ports and waits until it takes applications; `t1Ms` is for the edge alone. */
export async function startSipServer(options: { readonly t1Ms?: number } = {}): Promise<SipServer> {
  const [sipPort, controlPort] = [await freePort(), await freePort()];
  const directory = await mkdtemp(join(tmpdir(), 'sip-server-'));
  const config = join(directory, 'server.xml');
  await writeFile(
    config,
    `<drachtio><admin port="${controlPort}" secret="${secret}">127.0.0.1</admin>` +
      '<logging><console/><loglevel>info</loglevel></logging></drachtio>\n',
  );
  const args = [
    ...['--file', config, '--address', '127.0.0.1', '--port', String(controlPort), '--secret', secret],
    ...['--contact', `sip:127.0.0.1:${sipPort};transport=udp,tcp`, '--loglevel', 'info'],
    ...(drachtioBin === undefined && options.t1Ms !== undefined ? ['--t1', String(options.t1Ms)] : []),
  ];
  const child =
    drachtioBin === undefined ? spawn(process.execPath, [edgeProgram, ...args]) : spawn(drachtioBin, args, {});
  const logged: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => logged.push(String(chunk)));
  let isRunning = true;
  const exited = new Promise<number | null>((resolve) => {
    child.once('error', (error) => logged.push(error.message));
    child.once('close', (code) => {
      isRunning = false;
      resolve(code);
    });
  });

  async function close(): Promise<number | null> {
    child.kill('SIGTERM');
    const code = await Promise.race([exited, killLater(child, exited)]);
    await rm(directory, { recursive: true, force: true });
    return code;
  }

  try {
    await eventually(`a server on control port ${controlPort}\n${logged.join('')}`, () => answers(controlPort));
  } catch (error) {
    await close();
    throw new Error(`the SIP server did not start:\n${logged.join('')}`, { cause: error });
  }
  return { sipPort, controlPort, secret, log: () => logged.join(''), isRunning: () => isRunning, close };
}

async function killLater(child: ChildProcess, exited: Promise<number | null>): Promise<number | null> {
  await new Promise((resolve) => setTimeout(resolve, 8000).unref());
  child.kill('SIGKILL');
  return await exited;
}

async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
