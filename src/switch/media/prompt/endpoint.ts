import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Logger } from 'pino';
import { SipreelError } from '../../../errors/error.ts';
import type { PromptClock } from './clock.ts';
import { openDeafSocket } from './deaf-socket.ts';
import { volumeFactor } from './gain.ts';
import { createPacketizer, type PromptCodec, payloadTypeOf } from './packetizer.ts';
import type { PcmSource } from './pcm-source.ts';

export interface PromptEndpointOptions {
  /** The IP address to send from: one that rtpengine can reach. */
  readonly address: string;
  readonly clock: PromptClock;
  /** With the call_id in it. */
  readonly log: Logger;
}

/** Where the sound goes: rtpengine's address, port and codec, from its SDP. */
export interface PromptDestination {
  readonly address: string;
  readonly port: number;
  readonly codec: PromptCodec;
  /** Default: 0 for PCMU, 8 for PCMA. */
  readonly payloadType?: number;
}

export interface PlayOptions {
  /** -40..40. Default: 0. */
  readonly volumeDb?: number;
  readonly signal?: AbortSignal;
}

export interface PromptEndpointStats {
  readonly sent: number;
  readonly sendErrors: number;
  /** Frames of silence sent within a prompt because its sound was not ready. */
  readonly underruns: number;
}

/** Our end of a call's media while no other leg is bridged: it sends prompts, and silence between them. */
export interface PromptEndpoint {
  /** Binds the socket. @throws SipreelError prompt_endpoint_failed */
  start(): Promise<void>;
  /** The address for the SDP: the one of the options. */
  readonly address: string;
  /** The UDP port for the SDP, of RTCP too: the next one may be another call's. 0 before start. */
  readonly port: number;
  /** Begins to send to rtpengine, or sends there from now on. @throws SipreelError sdp_invalid */
  connect(destination: PromptDestination): void;
  /** Stops sending, because another leg is the peer now. A prompt that is playing waits. */
  pause(): void;
  /** Sends again. */
  resume(): void;
  /**
   * Plays the source and closes it in any case; resolves when its last frame is over, its files and processes are gone.
   * Rejects with the signal's reason, what the source throws, prompt_parameter_invalid, prompt_busy if one is playing
   * already, or prompt_endpoint_closed.
   */
  play(source: PcmSource, options?: PlayOptions): Promise<void>;
  stats(): PromptEndpointStats;
  /** Ends the prompt that is playing and closes the socket. Idempotent. */
  close(): Promise<void>;
}

interface Playing {
  readonly source: PcmSource;
  readonly factor: number;
  heard: boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export const createPromptEndpoint = ({ address, clock, log }: PromptEndpointOptions): PromptEndpoint => {
  const packets = createPacketizer({
    ssrc: randomBytes(4).readUInt32BE(),
    firstSequence: randomBytes(2).readUInt16BE(),
    timestampOffset: randomBytes(4).readUInt32BE(),
  });
  const stats = { sent: 0, sendErrors: 0, underruns: 0 };
  let socket: Socket | undefined;
  let destination: PromptDestination | undefined;
  let paused = false;
  let playing: Playing | undefined;
  let lastPlay: Promise<void> = Promise.resolve();
  let opening: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const tick = (frame: number): void => {
    if (socket === undefined || destination === undefined) return;
    const current = playing;
    const sound = current && nextFrame(current);
    const packet = sound ? packets.sound(frame, sound, current.factor) : packets.silence(frame);
    socket.send(packet, destination.port, destination.address, onSent);
  };

  const nextFrame = (current: Playing): Int16Array | undefined => {
    try {
      const frame = current.source.read();
      if (frame === undefined) current.resolve();
      else if (frame !== 'wait') {
        current.heard = true;
        return frame;
      } else if (current.heard) stats.underruns += 1;
    } catch (error) {
      // Whoever plays it hears of it; the party hears silence meanwhile.
      current.reject(error);
    }
    return undefined;
  };

  const onSent = (err: Error | null): void => {
    if (err === null) stats.sent += 1;
    else {
      stats.sendErrors += 1;
      if (stats.sendErrors === 1) log.warn({ err }, 'a prompt packet could not be sent; further ones are only counted');
    }
  };

  const arrange = (): void => {
    if (socket !== undefined && destination !== undefined && !paused && closing === undefined) clock.add(tick);
    else clock.remove(tick);
  };

  const playToEnd = (source: PcmSource, factor: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise<void>((resolve, reject) => {
      const settle = (how: () => void): void => {
        playing = undefined;
        signal?.removeEventListener('abort', onAbort);
        how();
      };
      const onAbort = (): void => settle(() => reject(signal?.reason));
      playing = {
        source,
        factor,
        heard: false,
        resolve: () => settle(resolve),
        reject: (reason) => settle(() => reject(reason)),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });

  const play = async (source: PcmSource, { volumeDb = 0, signal }: PlayOptions): Promise<void> => {
    try {
      signal?.throwIfAborted();
      if (closing !== undefined) throw endpointClosed();
      if (playing !== undefined) throw new SipreelError('prompt_busy', 'a prompt is playing on this call already');
      await playToEnd(source, volumeFactor(volumeDb), signal);
    } finally {
      await source.close();
    }
  };

  const open = async (): Promise<void> => {
    try {
      socket = await openDeafSocket(address);
    } catch (cause) {
      const message = `no UDP socket on ${address} for prompts: ${cause instanceof Error ? cause.message : cause}`;
      throw new SipreelError('prompt_endpoint_failed', message, { cause, details: { address } });
    }
    arrange();
  };

  const shutDown = async (): Promise<void> => {
    playing?.reject(endpointClosed());
    // How they ended, their callers were told; here it only matters that they have.
    await Promise.allSettled([opening, lastPlay]);
    const bound = socket;
    socket = undefined;
    if (bound !== undefined) await new Promise<void>((resolve) => bound.close(resolve));
  };

  return {
    address,

    start: () => {
      opening ??= closing === undefined ? open() : Promise.reject(endpointClosed());
      return opening;
    },

    get port() {
      return socket?.address().port ?? 0;
    },

    connect: (to) => {
      if (isIP(to.address) === 0 || isIP(to.address) !== isIP(address) || !(to.port > 0 && to.port < 65_536)) {
        throw new SipreelError(
          'sdp_invalid',
          `no sound can be sent from ${address} to ${to.address}, port ${to.port}`,
          {
            details: { from: address, to: to.address, port: to.port },
          },
        );
      }
      destination = to;
      packets.use(to.codec, to.payloadType ?? payloadTypeOf(to.codec));
      arrange();
    },

    pause: () => {
      paused = true;
      arrange();
    },

    resume: () => {
      paused = false;
      arrange();
    },

    play: (source, options = {}) => {
      const previous = lastPlay;
      const played = play(source, options);
      lastPlay = Promise.allSettled([previous, played]).then(() => undefined);
      return played;
    },

    stats: () => ({ ...stats }),

    close: () => {
      if (closing === undefined) {
        closing = shutDown();
        arrange();
      }
      return closing;
    },
  };
};

const endpointClosed = (): SipreelError =>
  new SipreelError('prompt_endpoint_closed', "the call's prompt endpoint is closed");
