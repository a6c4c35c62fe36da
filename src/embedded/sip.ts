import { randomBytes } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SipreelError } from '../errors/error.ts';
import type { Logger } from '../log.ts';
import { probeControl } from './control-probe.ts';
import { freePort, portTaken } from './ports.ts';
import { createPart, type Part } from './process.ts';
import { requireProgram } from './program.ts';

/** A host and a port. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

export interface EmbeddedSipOptions {
  /** Where it takes calls, UDP and TCP; port 0 is any free one. */
  readonly sip: SocketAddress;
  /** TCP port on 127.0.0.1 for the application. */
  readonly controlPort: number;
  /** What applications must know. Default: one of its own, made up. */
  readonly secret?: string;
  /** Path of a real drachtio-server to run instead of the embedded edge. */
  readonly drachtioBin?: string | undefined;
  /** The real server's configuration file is in `drachtio` below it. */
  readonly dataDir: string;
  /** Ports that are given to others already. */
  readonly given: Set<number>;
  readonly wrapper: readonly string[];
  readonly log: Logger;
  readonly onDied?: (error: SipreelError) => void;
}

export interface EmbeddedSip {
  readonly control: { readonly address: SocketAddress; readonly secret: string };
  readonly sip: SocketAddress;
  readonly part: Part;
}

const controlHost = '127.0.0.1';
/** Reached alike from src/ (tests) and from dist/: the edge is a program of its own and runs as built. */
const edgeProgram = fileURLToPath(new URL('../../dist/edge/main.js', import.meta.url));

/**
 * The SIP side: the embedded edge, or a real drachtio-server; both take the same arguments and speak the same protocol.
 * Throws embedded_address_invalid if `sip` can't be had and part_missing if there is no program.
 */
export const createEmbeddedSip = async (options: EmbeddedSipOptions): Promise<EmbeddedSip> => {
  const { controlPort, drachtioBin, wrapper, log, onDied } = options;
  const sip = await addressOf(options);
  const secret = options.secret ?? randomBytes(16).toString('hex');
  const bracketed = sip.host.includes(':') ? `[${sip.host}]` : sip.host;
  const common = [
    ...['--address', controlHost, '--port', String(controlPort), '--secret', secret],
    ...['--contact', `sip:${bracketed}:${sip.port};transport=udp,tcp`],
  ];
  const command = drachtioBin
    ? await drachtioCommand(drachtioBin, join(options.dataDir, 'drachtio'), controlPort, secret, log)
    : await edgeCommand();
  const part = createPart({
    name: drachtioBin ? 'drachtio-server' : 'sip-edge',
    program: command.program,
    args: [...command.args, ...common],
    wrapper,
    log,
    async isReady() {
      const addresses = await probeControl(controlHost, controlPort, secret);
      // A server with another secret is somebody else's, and one without addresses has not bound its SIP port yet.
      return addresses?.some((address) => address.endsWith(`:${sip.port}`)) ?? false;
    },
    ...(onDied === undefined ? {} : { onDied }),
  });
  return { control: { address: { host: controlHost, port: controlPort }, secret }, sip, part };
};

/** Checked here, because drachtio-server ends with status 0 and one line in its log if its port is taken. */
const addressOf = async ({ sip: { host, port }, given }: EmbeddedSipOptions): Promise<SocketAddress> => {
  const refuse = (why: string, cause?: unknown): SipreelError =>
    new SipreelError('embedded_address_invalid', `SIP can't be taken at ${host}:${port}: ${why}`, {
      cause,
      details: { host, port },
    });
  if (host === '0.0.0.0' || host === '::') throw refuse('callers are told this address, so it must be one of ours');
  if (port === 0) {
    return {
      host,
      port: await freePort('both', host, given).catch((error) => Promise.reject(refuse('no port', error))),
    };
  }
  const error = await portTaken('both', host, port);
  if (error !== undefined) throw refuse(error.code === 'EADDRINUSE' ? 'the port is taken' : error.message, error);
  return { host, port };
};

const edgeCommand = async (): Promise<{ program: string; args: readonly string[] }> => {
  await stat(edgeProgram).catch((cause: unknown) => {
    throw new SipreelError('part_missing', `${edgeProgram} is missing: it is made by npm run build`, { cause });
  });
  return { program: process.execPath, args: [edgeProgram] };
};

/** The real server does not start without a configuration file, not even with --noconfig. */
const drachtioCommand = async (
  bin: string,
  dir: string,
  controlPort: number,
  secret: string,
  log: Logger,
): Promise<{ program: string; args: readonly string[] }> => {
  const program = await requireProgram(bin, 'drachtio-server, or unset DRACHTIO_BIN');
  await mkdir(dir, { recursive: true, mode: 0o750 });
  const file = join(dir, 'drachtio.conf.xml');
  const admin = `<admin port="${controlPort}" secret="${secret}">${controlHost}</admin>`;
  const logging = '<logging><console/><loglevel>info</loglevel></logging>';
  await writeFile(file, `<drachtio>${admin}${logging}</drachtio>\n`, { mode: 0o600 });
  // At info it prints each SIP message: of use in a debug log, and only work otherwise.
  const [level, sofiaLevel] = log.isLevelEnabled('debug') ? ['info', '3'] : ['notice', '1'];
  return { program, args: ['--file', file, '--loglevel', level, '--sofia-loglevel', sofiaLevel] };
};
