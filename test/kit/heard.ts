import { performance } from 'node:perf_hooks';
import { decodePcma, decodePcmu } from '../../src/rtp/g711.ts';
import { createG722LowerDecoder } from '../../src/rtp/g722.ts';
import { openOpusDecoder } from '../../src/rtp/opus.ts';
import { parseRtp } from '../../src/rtp/packet.ts';
import { parseTelephoneEvent } from '../../src/rtp/telephone-event.ts';
import { decodeG729 } from '../sound/encoded.ts';
import { goertzelDb } from '../sound/tone.ts';
import type { Codec } from './tone-frames.ts';

/** One packet that arrived. */
export interface Arrival {
  /** performance.now() of its arrival, in milliseconds. */
  readonly atMs: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payloadType: number;
}

/** What the payload types mean that come to a phone. */
export type HeardTypes = ReadonlyMap<number, Codec | 'events'>;

/** What a phone has heard: 8 kHz PCM on a timeline that begins with the first packet. */
export interface Heard {
  take(datagram: Uint8Array, types: HeardTypes): void;
  samples(): Int16Array;
  arrivals(): readonly Arrival[];
  digits(): string;
  /** performance.now() of the first packet, undefined before. */
  firstAtMs(): number | undefined;
  /** The last `ms` milliseconds until now; where nothing has arrived is silence. */
  lately(ms: number): Int16Array;
  /** Gives its decoders back. */
  close(): Promise<void>;
}

const rate = 8000;
/** Beyond this a stream's timestamps are taken to have started anew, as when one SSRC is used for two sources. */
const farSamples = 2 * rate;
/** A packet holds the 20 ms before its arrival; a busy machine delays it further. */
const latenessMs = 60;

/** How much of G.729 is decoded at once: ffmpeg is a process for each time. */
const g729Packets = 10;

/** What turns the payloads of a codec into 8 kHz; G.729 takes its time. */
const openDecoders = async () => {
  const g722 = createG722LowerDecoder();
  const opus = await openOpusDecoder(rate);
  const sync: Partial<Record<Codec, (payload: Uint8Array) => Int16Array>> = {
    PCMU: decodePcmu,
    PCMA: decodePcma,
    G722: g722.decode,
    OPUS: opus.decode,
  };
  return { sync, close: () => opus.close() };
};

/** Places packets by their RTP timestamps; each SSRC's first packet, and each jump, by its arrival time. */
export const createHeard = async (): Promise<Heard> => {
  const decoders = await openDecoders();
  const g729: { readonly payload: Uint8Array; readonly position: number }[] = [];
  let decoding: Promise<void> = Promise.resolve();
  let decodedG729 = 0;
  let pcm = new Int16Array(rate * 60);
  let length = 0;
  let digits = '';
  let lastEvent = '';
  const arrivals: Arrival[] = [];
  /** SSRC -> its timestamp where the timeline begins. */
  const origins = new Map<number, number>();

  const place = (samples: Int16Array, from: number): void => {
    const skipped = Math.max(0, -from);
    const start = Math.max(0, from);
    const end = from + samples.length;
    if (end <= start) return;
    if (end > pcm.length) {
      const longer = new Int16Array(Math.max(end, pcm.length * 2));
      longer.set(pcm);
      pcm = longer;
    }
    pcm.set(samples.subarray(skipped), start);
    length = Math.max(length, end);
  };

  /** All that came so far, from the beginning: a decoder remembers. What was placed before is placed again as it was. */
  const decodeAllG729 = async (): Promise<void> => {
    const all = g729.slice();
    const samples = await decodeG729(Buffer.concat(all.map(({ payload }) => payload)));
    let at = 0;
    for (const { payload, position } of all) {
      const length = payload.length * 8;
      place(samples.subarray(at, at + length), position);
      at += length;
    }
  };

  const positionOf = ({ ssrc, timestamp, atMs }: Arrival, ticksOfSample: number): number => {
    const byArrival = Math.round(((atMs - (arrivals[0]?.atMs ?? atMs)) * rate) / 1000);
    const origin = origins.get(ssrc);
    if (origin !== undefined) {
      const position = byArrival + Math.round(((timestamp - origin - byArrival * ticksOfSample) | 0) / ticksOfSample);
      if (Math.abs(position - byArrival) < farSamples) return position;
    }
    origins.set(ssrc, timestamp - byArrival * ticksOfSample);
    return byArrival;
  };

  return {
    take(datagram, types) {
      const packet = parseRtp(datagram);
      if (packet === undefined) return;
      const { sequence, timestamp, ssrc, payloadType, payload } = packet;
      const arrival = { atMs: performance.now(), sequence, timestamp, ssrc, payloadType };
      arrivals.push(arrival);
      const meaning = types.get(payloadType);
      if (meaning === 'events') {
        const key = `${ssrc}/${timestamp}`;
        if (key !== lastEvent) digits += parseTelephoneEvent(payload)?.digit ?? '';
        lastEvent = key;
      } else if (meaning === 'G729') {
        g729.push({ payload: Uint8Array.from(payload), position: positionOf(arrival, 1) });
        if (g729.length - decodedG729 < g729Packets) return;
        decodedG729 = g729.length;
        decoding = decoding.then(decodeAllG729).catch(() => undefined); // The test sees that nothing was heard.
      } else if (meaning !== undefined) {
        const samples = decoders.sync[meaning]?.(payload) ?? new Int16Array(0);
        place(samples, positionOf(arrival, meaning === 'OPUS' ? 6 : 1));
      }
    },
    samples: () => pcm.slice(0, length),
    arrivals: () => arrivals,
    digits: () => digits,
    firstAtMs: () => arrivals[0]?.atMs,
    lately(ms) {
      const wanted = new Int16Array(Math.round((ms * rate) / 1000));
      const first = arrivals[0]?.atMs;
      if (first === undefined) return wanted;
      const end = Math.round(((performance.now() - latenessMs - first) * rate) / 1000);
      const start = end - wanted.length;
      if (end > 0) wanted.set(pcm.subarray(Math.max(0, start), end), Math.max(0, -start));
      return wanted;
    },
    async close() {
      await decoding;
      decoders.close();
    },
  };
};

const windowSamples = rate / 10;

/** The quietest and the loudest tenth of a second at `hz`, in dBFS. */
export const levelRange = (samples: Int16Array, hz: number): { least: number; most: number } => {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let start = 0; start + windowSamples <= samples.length; start += windowSamples) {
    const level = goertzelDb(samples.subarray(start, start + windowSamples), rate, hz);
    least = Math.min(least, level);
    most = Math.max(most, level);
  }
  return { least, most };
};
