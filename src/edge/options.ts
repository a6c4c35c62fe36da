import { type Clock, systemClock } from './clock.ts';
import { type Ids, randomIds } from './ids.ts';
import { type Log, silentLog } from './log.ts';
import { RFC_TIMERS, type TimerBase } from './transaction/timers.ts';

/** What an edge is created with. */
export interface EdgeOptions {
  /** Where SIP is listened for, in drachtio-server's form; port 0 for any free one. Default: sip:127.0.0.1:5060;transport=udp,tcp */
  readonly contact?: string;
  /** IP literal of the control port. Default: 127.0.0.1 */
  readonly controlAddress?: string;
  /** TCP port for applications; 0 for any free one. Default: 9022 */
  readonly controlPort?: number;
  /** What applications must know. Default: cymru */
  readonly secret?: string;
  /** RFC 3261's timers. Default: T1 500 ms, T2 4 s, T4 5 s */
  readonly timers?: Partial<TimerBase>;
  /** How long an application may take for its first response to an INVITE, in milliseconds. Default: 64000 */
  readonly answerMs?: number;
  /** Default: silent. */
  readonly log?: Log;
  /** Default: the machine's own time. */
  readonly clock?: Clock;
  /** Default: random. */
  readonly ids?: Ids;
}

/** The options with nothing left open. */
export interface ResolvedOptions extends Required<EdgeOptions> {
  readonly timers: TimerBase;
}

/** Fills the defaults in. */
export function resolveOptions(options: EdgeOptions): ResolvedOptions {
  return {
    contact: options.contact ?? 'sip:127.0.0.1:5060;transport=udp,tcp',
    controlAddress: options.controlAddress ?? '127.0.0.1',
    controlPort: options.controlPort ?? 9022,
    secret: options.secret ?? 'cymru',
    timers: { ...RFC_TIMERS, ...options.timers },
    answerMs: options.answerMs ?? 64_000,
    log: options.log ?? silentLog,
    clock: options.clock ?? systemClock,
    ids: options.ids ?? randomIds,
  };
}

/** The largest SIP message and the largest message of an application, in bytes. */
export const MAX_MESSAGE_BYTES = 65_535;
/** What fits into one IPv4 datagram. */
export const MAX_DATAGRAM_BYTES = 65_507;
/** What drachtio-server names itself as; drachtio-srf only pings a server from v0.8.2 on. */
export const PROTOCOL_VERSION = 'v0.9.10-sipreel-edge';
