import type { Logger } from 'pino';
import { openRecordingSocket } from '../../../recorder/capture/recording-socket.ts';
import { type Fork, type ForkSource, openFork } from '../../../recorder/fork/fork.ts';
import type { TrackName } from '../../../recorder/recording/parameters.ts';
import { decodePcma, decodePcmu } from '../../../rtp/g711.ts';
import { parseRtp } from '../../../rtp/packet.ts';
import type { PromptEndpoint } from '../prompt/endpoint.ts';
import { frameSamples, type PcmSource } from '../prompt/pcm-source.ts';
import { createPlayout } from './playout.ts';

/** Where something is sent to or comes from. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** A live copy of a call's sound that is being sent. */
export interface Copy {
  /** Where it is sent from. */
  readonly source: Place;
  /** Asks for the copy of a direction anew, because it speaks another codec now. Rejects as opening does. */
  renew(track: TrackName): Promise<void>;
  /** Idempotent; never rejects. */
  close(): Promise<void>;
}

interface CopyOptions {
  readonly source: ForkSource;
  /** Unique among all copies. */
  readonly id: string;
  readonly codec: 'PCMU' | 'PCMA';
  readonly to: Place;
}

/** RTCP comes to the next port (RFC 3550 section 11). */
const withRtcp = ({ address, port }: Place) => ({ address, port, rtcpPort: Math.min(port + 1, 65_535) });

/** One direction: rtpengine sends its packets there, transcoded where they are of another codec. */
export const openDirectCopy = async (options: CopyOptions & { readonly track: TrackName }): Promise<Copy> => {
  const { source, id, codec, to, track } = options;
  const open = () =>
    openFork(source, { purpose: 'tap', id, track, codec, to: withRtcp(to), prepared: () => undefined });
  let fork = await open();
  return {
    get source() {
      return { address: fork.media.address, port: fork.media.port };
    },
    async renew(changed) {
      if (changed !== track) return;
      await fork.close();
      fork = await open();
    },
    close: () => fork.close(),
  };
};

/** Both directions as one: their copies come here, are mixed and sent on, some 60 ms late. */
export const openMixedCopy = async (
  options: CopyOptions & { readonly createEndpoint: () => Promise<PromptEndpoint>; readonly log: Logger },
): Promise<Copy> => {
  const { source, id, codec, to, log } = options;
  const playouts = { speak: createPlayout(), listen: createPlayout() };
  /** By rtpengine's port, which is all that tells the two apart. */
  const tracks = new Map<number, TrackName>();
  const forks = new Map<TrackName, Fork>();
  const endpoint = await options.createEndpoint();
  const socket = await openRecordingSocket(endpoint.address, {
    onDatagram: (datagram, from) => {
      const track = tracks.get(from.port);
      const packet = track && parseRtp(datagram);
      if (!packet || (packet.payloadType !== 0 && packet.payloadType !== 8)) return;
      const decode = packet.payloadType === 0 ? decodePcmu : decodePcma;
      playouts[track].add(packet.timestamp, decode(packet.payload));
    },
    onError: (err) => log.warn({ err }, 'a tap did not receive something'),
  }).catch(async (error: unknown) => {
    await endpoint.close();
    throw error;
  });
  let playing: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;

  const open = async (track: TrackName): Promise<void> => {
    const fork = await openFork(source, {
      ...{ purpose: 'tap', id, track, codec },
      to: { address: endpoint.address, port: socket.port },
      prepared: ({ port }) => void tracks.set(port, track),
    });
    forks.set(track, fork);
  };

  const close: Copy['close'] = () => {
    closing ??= (async () => {
      await Promise.all([...forks.values()].map((fork) => fork.close()));
      await endpoint.close();
      await playing;
      await socket.drainAndClose();
    })();
    return closing;
  };

  const frame = new Int16Array(frameSamples);
  const mix: PcmSource = {
    read() {
      frame.fill(0);
      playouts.speak.read(frame);
      playouts.listen.read(frame);
      return frame;
    },
    close: async () => undefined,
  };
  try {
    await Promise.all([open('speak'), open('listen')]);
    endpoint.connect({ ...to, codec });
  } catch (error) {
    await close();
    throw error;
  }
  // It lasts until the endpoint is closed.
  playing = endpoint.play(mix).catch(() => undefined);
  return {
    source: { address: endpoint.address, port: endpoint.port },
    async renew(track) {
      await forks.get(track)?.close();
      await open(track);
    },
    close,
  };
};
