import type { Socket } from 'node:net';
import type Srf from 'drachtio-srf';

/** What drachtio-srf keeps to itself: it sends pings and looks at no answer. */
interface WireProtocol {
  pingInterval: number;
  on(event: 'ping', listener: (sent: { readonly socket: Socket }) => void): void;
}

export interface PingOptions {
  /** From one ping to the next, ms. */
  readonly pingMs: number;
  /** After so many pings in a row with no byte from the server the connection is given up. */
  readonly unanswered: number;
}

/**
 * Gives a connection up, as if it had been broken off, whose server does not answer pings any more: TCP alone notices a machine
 * that has vanished after a quarter of an hour. To be called right after srf.connect(). A process of ours that was held up
 * sends one ping then and not all that were due, so it takes nobody for silent.
 */
export const giveUpSilentServer = (srf: Srf, { pingMs, unanswered }: PingOptions): void => {
  const { wp } = (srf as unknown as { readonly app: { readonly client: { readonly wp: WireProtocol } } }).app.client;
  wp.pingInterval = pingMs;
  const heard = new WeakMap<Socket, { readonly bytes: number; readonly since: number }>();
  wp.on('ping', ({ socket }) => {
    const bytes = socket.bytesRead;
    const before = heard.get(socket);
    const since = before?.bytes === bytes ? before.since + 1 : 0;
    heard.set(socket, { bytes, since });
    if (since >= unanswered) socket.destroy(new Error(`no answer to ${since} pings, one each ${pingMs} ms`));
  });
};
