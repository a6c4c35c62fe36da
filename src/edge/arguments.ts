import { parseArgs } from 'node:util';
import { EdgeError } from './error.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';
import { parsePort } from './sip/address.ts';

/** What the command line asks for. */
export type Arguments =
  | { readonly command: 'help' }
  | { readonly command: 'version' }
  | {
      readonly command: 'run';
      readonly contact?: string;
      readonly controlAddress?: string;
      readonly controlPort?: number;
      readonly secret?: string;
      readonly logLevel: LogLevel;
      readonly t1Ms?: number;
      /** Arguments of drachtio-server that change nothing here. */
      readonly ignored: readonly string[];
    };

const value = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** drachtio-server's arguments that mean nothing for the edge; a launcher may pass them all the same. */
const IGNORED = {
  file: { ...value, short: 'f' },
  'sofia-loglevel': { ...value, short: 's' },
  'tcp-keepalive-interval': value,
  mtu: value,
  user: { ...value, short: 'u' },
  daemon: flag,
  noconfig: flag,
  stdout: { ...flag, short: 'b' },
  'memory-debug': flag,
  'aggressive-nat-detection': flag,
  'globally-readable-logs': flag,
} as const;

const KNOWN = {
  address: value,
  port: { ...value, short: 'p' },
  secret: value,
  contact: { ...value, short: 'c' },
  loglevel: { ...value, short: 'l' },
  t1: value,
  help: { ...flag, short: 'h' },
  version: { ...flag, short: 'v' },
} as const;

/** What `--help` prints. */
export const USAGE = `Usage: node dist/edge/main.js [arguments]
The embedded SIP edge: drachtio-server's control protocol for one machine, without TLS and DNS.

  --contact, -c <uri>      where SIP is listened for (sip:127.0.0.1:5060;transport=udp,tcp)
  --address <ip>           address of the control port (127.0.0.1)
  --port, -p <port>        control port, TCP (9022)
  --secret <text>          what applications must know (cymru)
  --loglevel, -l <level>   ${LOG_LEVELS.join(', ')} (notice)
  --t1 <ms>                RFC 3261's T1, which all its timers follow (500); not in drachtio-server
  --help, -h               print this
  --version, -v            print the version of the protocol

Of drachtio-server's other arguments, these are accepted and ignored:
  ${Object.keys(IGNORED)
    .map((each) => `--${each}`)
    .join(' ')}
`;

/** Reads the command line, without node and the program's own path; throws EdgeError bad_argument. */
export function readArguments(argv: readonly string[]): Arguments {
  const values = parse(argv);
  if (values.help) return { command: 'help' };
  if (values.version) return { command: 'version' };
  const { contact, address, port, secret, loglevel, t1 } = values;
  return {
    command: 'run',
    ...(contact === undefined ? {} : { contact }),
    ...(address === undefined ? {} : { controlAddress: address }),
    ...(port === undefined ? {} : { controlPort: readPort(port) }),
    ...(secret === undefined ? {} : { secret }),
    ...(t1 === undefined ? {} : { t1Ms: readT1(t1) }),
    logLevel: readLevel(loglevel ?? 'notice'),
    ignored: Object.keys(values).filter((each) => each in IGNORED),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: { ...KNOWN, ...IGNORED }, allowPositionals: false }).values;
  } catch (cause) {
    throw new EdgeError('bad_argument', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function readPort(text: string): number {
  const port = text === '0' ? 0 : parsePort(text);
  if (port === null) throw new EdgeError('bad_argument', `--port is no port: "${text}"`);
  return port;
}

function readT1(text: string): number {
  const ms = Number(text);
  if (!/^\d{1,5}$/.test(text) || ms < 1) {
    throw new EdgeError('bad_argument', `--t1 is no number of milliseconds from 1 to 99999: "${text}"`);
  }
  return ms;
}

function readLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((each) => each === text);
  if (level === undefined) {
    throw new EdgeError('bad_argument', `--loglevel is none of ${LOG_LEVELS.join(', ')}: "${text}"`);
  }
  return level;
}
