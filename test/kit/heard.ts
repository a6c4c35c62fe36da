import { performance } from 'node:perf_hooks';
import { decodePcma, decodePcmu } from '../../src/rtp/g711.ts';
import { parseRtp } from '../../src/rtp/packet.ts';
import { parseTelephoneEvent } from '../../src/rtp/telephone-event.ts';
import { goertzelDb } from '../sound/tone.ts';

/** One packet that arrived. */
export interface Arrival {
  /** performance.now() of its arrival, in milliseconds. */
  readonly atMs: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payloadType: number;
}

/** What a phone has heard: 8 kHz PCM on a timeline that begins with the first packet. */
export interface Heard {
  take(datagram: Uint8Array, telephoneEventType: number): void;
  samples(): Int16Array;
  arrivals(): readonly Arrival[];
  digits(): string;
  /** performance.now() of the first packet, undefined before. */
  firstAtMs(): number | undefined;
  /** The last `ms` milliseconds until now; where nothing has arrived is silence. */
  lately(ms: number): Int16Array;
}

const rate = 8000;
/** Beyond this a stream's timestamps are taken to have started anew, as when one SSRC is used for two sources. */
const farSamples = 2 * rate;
/** A packet holds the 20 ms before its arrival; a busy machine delays it further. */
const latenessMs = 60;

/** Places packets by their RTP timestamps; each SSRC's first packet, and each jump, by its arrival time. */
export const createHeard = (): Heard => {
  let pcm = new Int16Array(rate * 60);
  let length = 0;
  let digits = '';
  let lastEvent = '';
  const arrivals: Arrival[] = [];
  /** SSRC -> where its timestamp 0 is on the timeline. */
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

  const positionOf = ({ ssrc, timestamp, atMs }: Arrival): number => {
    const byArrival = Math.round(((atMs - (arrivals[0]?.atMs ?? atMs)) * rate) / 1000);
    const origin = origins.get(ssrc);
    if (origin !== undefined) {
      const position = byArrival + ((origin + timestamp - byArrival) | 0);
      if (Math.abs(position - byArrival) < farSamples) return position;
    }
    origins.set(ssrc, byArrival - timestamp);
    return byArrival;
  };

  return {
    take(datagram, telephoneEventType) {
      const packet = parseRtp(datagram);
      if (packet === undefined) return;
      const { sequence, timestamp, ssrc, payloadType, payload } = packet;
      const arrival = { atMs: performance.now(), sequence, timestamp, ssrc, payloadType };
      arrivals.push(arrival);
      if (payloadType === 0) place(decodePcmu(payload), positionOf(arrival));
      else if (payloadType === 8) place(decodePcma(payload), positionOf(arrival));
      else if (payloadType === telephoneEventType) {
        const key = `${ssrc}/${timestamp}`;
        if (key !== lastEvent) digits += parseTelephoneEvent(payload)?.digit ?? '';
        lastEvent = key;
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
