import { randomBytes } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import { isIP } from 'node:net';
import type { Logger } from 'pino';
import { SipreelError } from '../../../errors/error.ts';
import { parseRtp, type RtpPacket } from '../../../rtp/packet.ts';
import type { PayloadMap } from '../../../rtp/payload.ts';
import type { PromptClock } from './clock.ts';
import { type DeafSocket, openDeafSocket } from './deaf-socket.ts';
import { volumeFactor } from './gain.ts';
import type { KeySender } from './key-sender.ts';
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
  /** Of RFC 4733 events at 8 kHz, the same in both directions. Left out: they are not taken. */
  readonly eventPayloadType?: number;
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
  /** True if what is played now is heard at once: nothing plays yet, and no other leg is the peer. */
  idle(): boolean;
  /** True if digits can be sent as events. */
  takesEvents(): boolean;
  /** Sends digits as RFC 4733 events; resolves when the last is over. Rejects as play does. */
  press(keys: KeySender, signal?: AbortSignal): Promise<void>;
  /** What the payload types of what rtpengine sends here mean. */
  payloads(): PayloadMap;
  /**
   * Reads what the destination sends, until what it gives back is called. What came before is left out, and what anybody
   * else sends. Reading is left off where nobody listens, as it costs more than to send.
   */
  listen(onPacket: (packet: RtpPacket) => void): () => void;
  stats(): PromptEndpointStats;
  /** Ends the prompt that is playing and closes the socket. Idempotent. */
  close(): Promise<void>;
}

interface Playing {
  /** The packet of a frame; undefined where it has none, which is silence. Throws what ends it. */
  readonly packet: (frame: number) => Uint8Array | undefined;
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
  const listeners = new Set<(packet: RtpPacket) => void>();
  let bound: DeafSocket | undefined;
  let destination: PromptDestination | undefined;
  let ears = 0;
  let received: PayloadMap = {};
  let paused = false;
  let playing: Playing | undefined;
  let lastPlay: Promise<void> = Promise.resolve();
  let opening: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const tick = (frame: number): void => {
    if (bound === undefined || destination === undefined) return;
    const packet = (playing && nextPacket(playing, frame)) ?? packets.silence(frame);
    bound.socket.send(packet, destination.port, destination.address, onSent);
  };

  const nextPacket = (current: Playing, frame: number): Uint8Array | undefined => {
    try {
      return current.packet(frame);
    } catch (error) {
      // Whoever plays it hears of it; the party hears silence meanwhile.
      current.reject(error);
      return undefined;
    }
  };

  const soundOf = (source: PcmSource, factor: number): Playing['packet'] => {
    let heard = false;
    return (frame) => {
      const sound = source.read();
      if (sound === undefined) playing?.resolve();
      else if (sound !== 'wait') {
        heard = true;
        return packets.sound(frame, sound, factor);
      } else if (heard) stats.underruns += 1;
      return undefined;
    };
  };

  const eventsOf =
    (keys: KeySender): Playing['packet'] =>
    (frame) => {
      const key = keys.next(frame);
      if (key === undefined) playing?.resolve();
      if (key?.kind !== 'event' || destination?.eventPayloadType === undefined) return undefined;
      return packets.event(frame, key, destination.eventPayloadType);
    };

  const onSent = (err: Error | null): void => {
    if (err === null) stats.sent += 1;
    else {
      stats.sendErrors += 1;
      if (stats.sendErrors === 1) log.warn({ err }, 'a prompt packet could not be sent; further ones are only counted');
    }
  };

  const arrange = (): void => {
    if (bound !== undefined && destination !== undefined && !paused && closing === undefined) clock.add(tick);
    else clock.remove(tick);
  };

  const playToEnd = (packet: Playing['packet'], signal: AbortSignal | undefined): Promise<void> => {
    signal?.throwIfAborted();
    if (closing !== undefined) throw endpointClosed();
    if (playing !== undefined) throw new SipreelError('prompt_busy', 'a prompt is playing on this call already');
    return new Promise<void>((resolve, reject) => {
      const settle = (how: () => void): void => {
        playing = undefined;
        signal?.removeEventListener('abort', onAbort);
        how();
      };
      const onAbort = (): void => settle(() => reject(signal?.reason));
      playing = {
        packet,
        resolve: () => settle(resolve),
        reject: (reason) => settle(() => reject(reason)),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  };

  const play = async (source: PcmSource, { volumeDb = 0, signal }: PlayOptions): Promise<void> => {
    try {
      await playToEnd(soundOf(source, volumeFactor(volumeDb)), signal);
    } finally {
      await source.close();
    }
  };

  /** close() waits for all that was begun. */
  const remembered = (played: Promise<void>): Promise<void> => {
    lastPlay = Promise.allSettled([lastPlay, played]).then(() => undefined);
    return played;
  };

  const onDatagram = (datagram: Buffer, from: RemoteInfo): void => {
    if (from.port !== destination?.port || from.address !== destination.address) return;
    const packet = parseRtp(datagram);
    if (packet) for (const listener of listeners) listener(packet);
  };

  const open = async (): Promise<void> => {
    try {
      bound = await openDeafSocket(address);
      bound.socket.on('message', onDatagram);
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
    const closed = bound?.socket;
    bound = undefined;
    if (closed !== undefined) await new Promise<void>((resolve) => closed.close(resolve));
  };

  return {
    address,

    start: () => {
      opening ??= closing === undefined ? open() : Promise.reject(endpointClosed());
      return opening;
    },

    get port() {
      return bound?.socket.address().port ?? 0;
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
      const { codec, payloadType = payloadTypeOf(codec), eventPayloadType } = to;
      received = {
        [payloadType]: { codec, clockRate: 8000, channels: 1 },
        ...(eventPayloadType === undefined
          ? {}
          : { [eventPayloadType]: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 } }),
      };
      packets.use(codec, payloadType);
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

    play: (source, options = {}) => remembered(play(source, options)),

    idle: () => playing === undefined && !paused,

    takesEvents: () => destination?.eventPayloadType !== undefined,

    press: (keys, signal) => remembered((async () => playToEnd(eventsOf(keys), signal))()),

    payloads: () => received,

    listen: (onPacket) => {
      let off = false;
      if (++ears === 1) bound?.hear();
      // What lay in the kernel is old, such as the rest of a key press; after two turns of the event loop it is read.
      setImmediate(() =>
        setImmediate(() => {
          if (!off) listeners.add(onPacket);
        }),
      );
      return () => {
        if (off) return;
        off = true;
        listeners.delete(onPacket);
        if (--ears === 0) bound?.deafen();
      };
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
