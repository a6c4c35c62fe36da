import { performance } from 'node:perf_hooks';
import { decodePcma, decodePcmu } from '../../src/rtp/g711.ts';
import { createG722LowerDecoder } from '../../src/rtp/g722.ts';
import { type OpusDecoder, openOpusDecoder } from '../../src/rtp/opus.ts';
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
  /** To be awaited before packets of Opus come. */
  prepareOpus(): Promise<void>;
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

/** How much of G.729 is decoded at once, and more if the last time is not over: ffmpeg is a process for each time. */
const g729Packets = 15;

/** Places packets by their RTP timestamps; each SSRC's first packet, and each jump, by its arrival time. */
export const createHeard = (): Heard => {
  const g722 = createG722LowerDecoder();
  let opus: OpusDecoder | undefined;
  /** What turns the payloads of a codec into 8 kHz; G.729 takes its time. */
  const decode = (codec: Codec, payload: Uint8Array): Int16Array => {
    switch (codec) {
      case 'PCMU':
        return decodePcmu(payload);
      case 'PCMA':
        return decodePcma(payload);
      case 'G722':
        return g722.decode(payload);
      default:
        return opus?.decode(payload) ?? new Int16Array(0);
    }
  };
  const g729: { readonly payload: Uint8Array; readonly position: number }[] = [];
  let decoding: Promise<void> = Promise.resolve();
  let decodedG729 = 0;
  let decodes = false;
  /** Where its sound ends; undefined if what came last is something else. */
  let g729Until: number | undefined;
  let pcm = new Int16Array(rate * 60);
  let length = 0;
  let digits = '';
  let lastEvent = '';
  const arrivals: Arrival[] = [];
  let lastSoundAtMs = Number.NEGATIVE_INFINITY;
  let lastSoundEnd = 0;
  /** SSRC and ticks of a sample -> its timestamp where the timeline begins. */
  const origins = new Map<string, number>();
  const last = new Map<number, { readonly sequence: number; readonly timestamp: number }>();

  const place = (samples: Int16Array, from: number): void => {
    lastSoundEnd = from + samples.length;
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
    const last = all.at(-1);
    if (last && g729Until !== undefined) g729Until = last.position + last.payload.length * 8;
    let at = 0;
    for (const { payload, position } of all) {
      const length = payload.length * 8;
      place(samples.subarray(at, at + length), position);
      at += length;
    }
  };

  /** rtpengine begins its timestamps anew where it begins to transcode anew, under the same SSRC. */
  const beganAnew = ({ ssrc, sequence, timestamp }: Arrival): boolean => {
    const before = last.get(ssrc);
    last.set(ssrc, { sequence, timestamp });
    if (before === undefined) return false;
    const ahead = ((sequence - before.sequence) << 16) >> 16;
    return ahead > 0 && ((timestamp - before.timestamp) | 0) < 0;
  };

  const positionOf = (arrival: Arrival, ticksOfSample: number): number => {
    const { ssrc, timestamp, atMs } = arrival;
    const byArrival = Math.round(((atMs - (arrivals[0]?.atMs ?? atMs)) * rate) / 1000);
    const source = `${ssrc}/${ticksOfSample}`;
    const origin = origins.get(source);
    if (!beganAnew(arrival) && origin !== undefined) {
      const position = byArrival + Math.round(((timestamp - origin - byArrival * ticksOfSample) | 0) / ticksOfSample);
      if (Math.abs(position - byArrival) < farSamples) return position;
    }
    origins.set(source, timestamp - byArrival * ticksOfSample);
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
        g729Until ??= 0;
        g729.push({ payload: Uint8Array.from(payload), position: positionOf(arrival, 1) });
        if (decodes || g729.length - decodedG729 < g729Packets) return;
        decodedG729 = g729.length;
        decodes = true;
        // If it fails, the test sees that nothing was heard.
        const decoded = decodeAllG729().catch(() => undefined);
        decoding = decoded.then(() => {
          decodes = false;
        });
      } else if (meaning !== undefined) {
        g729Until = undefined;
        lastSoundAtMs = arrival.atMs;
        place(decode(meaning, payload), positionOf(arrival, meaning === 'OPUS' ? 6 : 1));
      }
    },
    async prepareOpus() {
      opus ??= await openOpusDecoder(rate);
    },
    samples: () => pcm.slice(0, length),
    arrivals: () => arrivals,
    digits: () => digits,
    firstAtMs: () => arrivals[0]?.atMs,
    lately(ms) {
      const wanted = new Int16Array(Math.round((ms * rate) / 1000));
      const first = arrivals[0]?.atMs;
      if (first === undefined) return wanted;
      const nowMs = performance.now();
      const byClock = Math.round(((nowMs - latenessMs - first) * rate) / 1000);
      // While packets come, it is the end of the last one, wherever its sender's clock has it; G.729 is known only as far as it
      // is decoded.
      const end = g729Until ?? (nowMs - lastSoundAtMs < latenessMs ? lastSoundEnd : byClock);
      const start = end - wanted.length;
      if (end > 0) wanted.set(pcm.subarray(Math.max(0, start), end), Math.max(0, -start));
      return wanted;
    },
    async close() {
      await decoding;
      opus?.close();
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
