import type { SrfConfig, SrfRequest, SrfResponse } from 'drachtio-srf';
import Srf from 'drachtio-srf';
import type { Logger } from 'pino';
import { SipreelError } from '../../errors/error.ts';
import { askOptions } from './ask.ts';
import { answerOptions, type OptionsPolicy } from './options.ts';
import { giveUpSilentServer } from './silent-server.ts';
import type { TrunkProbesParts } from './trunk-probes.ts';

/** A drachtio-server's control port. */
export interface DrachtioServer {
  readonly address: { readonly host: string; readonly port: number };
  readonly secret: string;
}

/** A connection to a drachtio-server, by which calls come and go. */
export interface SipServer {
  /** host:port of its control port. */
  readonly address: string;
  readonly srf: Srf;
}

export interface SipOptions {
  readonly servers: readonly DrachtioServer[];
  readonly onInvite: (server: SipServer, request: SrfRequest, response: SrfResponse) => void;
  /** The connection to a server is gone, and with it all of its dialogs: it knows nothing of them any more. */
  readonly onLost: (server: SipServer) => void;
  readonly answerOptions: OptionsPolicy;
  /** How often a server is asked whether it is there, ms. Default 5,000. */
  readonly pingMs?: number;
  readonly log: Logger;
}

/** A drachtio-server as it stands. */
export interface DrachtioState {
  /** host:port of its control port. */
  readonly address: string;
  readonly ok: boolean;
}

/** Our connections to the drachtio-servers. */
export interface Sip {
  /** Where calls can be sent, as the servers told it: `udp/127.0.0.1:5060`. */
  hostports(): readonly string[];
  servers(): readonly DrachtioState[];
  /** Sends an OPTIONS by the first server that is there. */
  readonly ask: TrunkProbesParts['ask'];
  /** Resolves when one server at least has taken us in. @throws SipreelError drachtio_away after timeoutMs */
  start(timeoutMs: number): Promise<void>;
  /** Idempotent. */
  close(): void;
}

/** The longest time between two attempts to connect, ms; drachtio-srf alone waits longer each time, without an end. */
const longestRetryMs = 1000;
/** A server that answers none of these pings has gone with its machine, or hangs: 20 s. */
const unansweredPings = 3;

export const createSip = (options: SipOptions): Sip => {
  const connections: ReturnType<typeof connectTo>[] = [];
  let firstUp: () => void = () => undefined;
  const up = new Promise<void>((resolve) => {
    firstUp = resolve;
  });

  return {
    hostports: () => connections.flatMap((each) => each.hostports()),
    servers: () => connections.map(({ address, hostports }) => ({ address, ok: hostports().length > 0 })),
    async ask(trunk, limit) {
      const by = connections.find(({ hostports }) => hostports().length > 0);
      return by && askOptions(by.srf, trunk, limit);
    },
    async start(timeoutMs) {
      for (const server of options.servers) connections.push(connectTo(server, options, firstUp));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => {
          const names = connections.map(({ address }) => address).join(', ');
          reject(new SipreelError('drachtio_away', `no drachtio-server took us in within ${timeoutMs} ms (${names})`));
        }, timeoutMs);
      });
      await Promise.race([up, late]).finally(() => clearTimeout(timer));
    },
    close() {
      for (const connection of connections) connection.close();
    },
  };
};

/** A connection that is made again and again; each change of its state is logged once. */
const connectTo = ({ address, secret }: DrachtioServer, options: SipOptions, onUp: () => void) => {
  const { log } = options;
  const name = `${address.host}:${address.port}`;
  let hostports: readonly string[] = [];
  let state: 'new' | 'up' | 'away' | 'refused' = 'new';
  let closed = false;
  /** drachtio-srf looks at it before each attempt. */
  const reconnect: { retryMaxDelay: number; maxAttempts?: number } = { retryMaxDelay: longestRetryMs };

  const srf = new Srf();
  // Each leg that has lost its connection waits for the next one.
  srf.setMaxListeners(0);
  const server: SipServer = { address: name, srf };
  const changeTo = (next: typeof state, err?: Error): void => {
    if (closed || state === next) return;
    const wasUp = state === 'up';
    state = next;
    const about = { drachtio: name, ...(err ? { err } : {}) };
    if (next === 'up') log.info({ ...about, hostports }, 'connected to the drachtio-server');
    else hostports = [];
    if (next === 'refused') log.error(about, 'the drachtio-server refused us: check sip.drachtio.secret');
    if (next === 'away') {
      log.error(about, 'the drachtio-server is away: no calls come and go by it until it is back; it is tried again');
    }
    if (wasUp) options.onLost(server);
  };

  srf.on('connect', (err: Error | null, told: string) => {
    if (closed) return srf.disconnect();
    if (err) return changeTo('refused', err);
    // A connection that was lost and is back already: what was lost with it is lost all the same.
    if (state === 'up') changeTo('away');
    hostports = told.split(',');
    changeTo('up');
    onUp();
  });
  srf.on('error', (err) => {
    if (state !== 'refused') changeTo('away', err);
    else log.debug({ drachtio: name, err }, 'still no connection to the drachtio-server');
  });
  // A server that goes down in order closes the connection without an error.
  (srf as unknown as { on(event: 'close', listener: () => void): void }).on('close', () => {
    if (state === 'up') changeTo('away');
  });
  srf.invite((request, response) => options.onInvite(server, request, response));
  srf.use('options', (request, response) => answerOptions(request, response, options.answerOptions));
  const config: SrfConfig & { reconnect: object; enablePing: boolean } = {
    ...address,
    secret,
    reconnect,
    enablePing: true,
  };
  void srf.connect(config);
  giveUpSilentServer(srf, { pingMs: options.pingMs ?? 5_000, unanswered: unansweredPings });

  return {
    ...server,
    hostports: () => hostports,
    close() {
      if (closed) return;
      closed = true;
      reconnect.maxAttempts = 1;
      // Without a connection there is nothing to disconnect, and drachtio-srf throws.
      if (hostports.length > 0) srf.disconnect();
      hostports = [];
    },
  };
};
