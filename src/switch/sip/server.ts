import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import Srf from 'drachtio-srf';
import type { Logger } from 'pino';
import { SipreelError } from '../../errors/error.ts';

/** A drachtio-server's control port. */
export interface DrachtioServer {
  readonly address: { readonly host: string; readonly port: number };
  readonly secret: string;
}

export interface SipOptions {
  readonly servers: readonly DrachtioServer[];
  readonly onInvite: (srf: Srf, request: SrfRequest, response: SrfResponse) => void;
  /** False while this node takes no new calls: OPTIONS then gets 503, so that trunks look elsewhere. */
  readonly accepting: () => boolean;
  readonly log: Logger;
}

/** Our connections to the drachtio-servers. */
export interface Sip {
  /** Where calls can be sent, as the servers told it: `udp/127.0.0.1:5060`. */
  hostports(): readonly string[];
  /** Resolves when one server at least has taken us in. @throws SipreelError drachtio_away after timeoutMs */
  start(timeoutMs: number): Promise<void>;
  /** Idempotent. */
  close(): void;
}

export const createSip = (options: SipOptions): Sip => {
  const { log } = options;
  const connected = new Map<string, readonly string[]>();
  const servers: Srf[] = [];
  let firstUp: () => void = () => undefined;
  const up = new Promise<void>((resolve) => {
    firstUp = resolve;
  });

  const open = ({ address, secret }: DrachtioServer): void => {
    const name = `${address.host}:${address.port}`;
    const srf = new Srf();
    servers.push(srf);
    srf.on('connect', (err: Error | null, hostports: string) => {
      if (err) return log.error({ drachtio: name, err }, 'the drachtio-server refused us: check sip.drachtio.secret');
      connected.set(name, hostports.split(','));
      log.info({ drachtio: name, hostports }, 'connected to the drachtio-server');
      firstUp();
    });
    srf.on('error', (err) => {
      if (!connected.delete(name))
        return log.debug({ drachtio: name, err }, 'still no connection to the drachtio-server');
      log.error({ drachtio: name, err }, 'the connection to the drachtio-server failed: it is tried again');
    });
    srf.invite((request, response) => options.onInvite(srf, request, response));
    srf.use('options', (_request, response) => response.send(options.accepting() ? 200 : 503));
    void srf.connect({ host: address.host, port: address.port, secret });
  };

  return {
    hostports: () => [...connected.values()].flat(),
    async start(timeoutMs) {
      for (const server of options.servers) open(server);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => {
          const names = options.servers.map(({ address }) => `${address.host}:${address.port}`).join(', ');
          reject(new SipreelError('drachtio_away', `no drachtio-server took us in within ${timeoutMs} ms (${names})`));
        }, timeoutMs);
      });
      await Promise.race([up, late]).finally(() => clearTimeout(timer));
    },
    close() {
      for (const srf of servers.splice(0)) srf.disconnect();
    },
  };
};
