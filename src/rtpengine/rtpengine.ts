import type { Logger } from 'pino';
import { Client } from 'rtpengine-client';
import { SipreelError } from '../errors/error.ts';

/** Where an rtpengine listens for ng commands (UDP). */
export interface RtpengineAddress {
  readonly host: string;
  readonly port: number;
}

/** An ng reply that says ok: its dictionary. */
export type NgReply = Readonly<Record<string, unknown>> & { readonly sdp?: string };

export type NgCommand =
  | 'offer'
  | 'answer'
  | 'delete'
  | 'query'
  | 'list'
  | 'ping'
  | 'subscribeRequest'
  | 'subscribeAnswer'
  | 'unsubscribe'
  | 'playMedia'
  | 'blockMedia'
  | 'unblockMedia'
  | 'startRecording'
  | 'stopRecording';

/**
 * One rtpengine. Commands reject with rtpengine_away (no reply in time) or rtpengine_refused (its error-reason).
 */
export interface Rtpengine {
  readonly address: RtpengineAddress;
  /** True while it answers pings: known without asking. */
  healthy(): boolean;
  command(name: NgCommand, parameters: Record<string, unknown>): Promise<NgReply>;
  /** Resolves after the first ping was answered or has failed. */
  start(): Promise<void>;
  close(): void;
}

export interface RtpengineOptions {
  readonly address: RtpengineAddress;
  readonly log: Logger;
  /** How long a command may take. Default 1500 ms. */
  readonly timeoutMs?: number;
  /** How often it is pinged. Default 1000 ms. */
  readonly pingMs?: number;
}

/**
 * Wraps rtpengine-client over UDP, whose TCP loses replies: every command has a time-out, an error reply rejects, and a
 * reply that comes too late is only logged, where the client alone would end the process.
 */
export const createRtpengine = (options: RtpengineOptions): Rtpengine => {
  const { address, log } = options;
  const timeoutMs = options.timeoutMs ?? 1500;
  const name = `${address.host}:${address.port}`;
  // The client's own socket must not listen on all addresses when rtpengine is on this machine.
  const local = address.host.startsWith('127.') ? { localAddress: '127.0.0.1' } : {};
  const client = new Client({ ...local, timeout: timeoutMs });
  client.on('error', (err: unknown) => log.debug({ rtpengine: name, err }, 'rtpengine: a reply came too late'));

  let healthy = false;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const away = (command: string, cause: unknown): SipreelError =>
    new SipreelError('rtpengine_away', `rtpengine ${name} did not answer ${command} within ${timeoutMs} ms`, {
      cause,
      details: { rtpengine: name, command },
    });

  const command = async (ng: NgCommand, parameters: Record<string, unknown>): Promise<NgReply> => {
    if (closed) throw away(ng, new Error('the client is closed'));
    const reply = await client[ng](address.port, address.host, parameters).catch((cause: unknown) => {
      throw away(ng, cause);
    });
    if (reply.result === 'error') {
      const reason = String(reply['error-reason'] ?? 'no reason given');
      throw new SipreelError('rtpengine_refused', `rtpengine ${name} refused ${ng}: ${reason}`, {
        details: { rtpengine: name, command: ng, reason, parameters },
      });
    }
    return reply;
  };

  const ping = async (): Promise<void> => {
    let answered = true;
    await command('ping', {}).catch(() => {
      answered = false;
    });
    if (answered !== healthy && !closed) {
      if (answered) log.info({ rtpengine: name }, 'rtpengine answers');
      else log.error({ rtpengine: name }, 'rtpengine does not answer: no new calls until it does');
    }
    healthy = answered;
    if (closed) return;
    timer = setTimeout(() => void ping(), options.pingMs ?? 1000);
  };

  return {
    address,
    healthy: () => healthy,
    command,
    start: ping,
    close() {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      client.close();
    },
  };
};

/** True for rtpengine's word that it does not know the call: `Unknown call-ID` or `Unknown call-id`. */
export const isUnknownCall = (error: unknown): boolean =>
  error instanceof SipreelError && /unknown call-id/i.test(String(error.details.reason ?? ''));
