import { createTrack, type Track, type TrackOptions } from '../../../src/recorder/track/track.ts';
import { decodePcma, decodePcmu, encodePcma, encodePcmu } from '../../../src/rtp/g711.ts';
import type { Sent } from './sender.ts';

/** All samples that are final by now. */
export const readAll = (track: Track): Int16Array[] => {
  const pieces: Int16Array[] = [];
  for (let piece = track.read(); piece !== undefined; piece = track.read()) pieces.push(piece);
  return pieces;
};

export const join = (pieces: readonly Int16Array[]): Int16Array => {
  const joined = new Int16Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
};

/** What comes later than this after the stop has no say in what was before it. */
const lookAheadMs = 4000;

/** Runs datagrams through a track, reading as it goes (every `readEvery` packets), and answers all its samples. */
export const render = (
  sent: readonly Sent[],
  stopMs: number,
  options: Partial<TrackOptions> = {},
  readEvery = 50,
): { samples: Int16Array; track: Track } => {
  const track = createTrack({ startMs: 0, sampleRate: 8000, ...options });
  const pieces: Int16Array[] = [];
  sent.forEach(({ arrivalMs, datagram }, index) => {
    if (arrivalMs > stopMs + lookAheadMs) return;
    track.push(arrivalMs, datagram);
    if (index % readEvery === readEvery - 1) pieces.push(...readAll(track));
  });
  pieces.push(...track.finish(stopMs));
  return { samples: join(pieces), track };
};

/** The samples as they are after G.711. */
export const throughG711 = (samples: Int16Array, law: 'mu' | 'A' = 'mu'): Int16Array => {
  const bytes = new Uint8Array(samples.length);
  (law === 'mu' ? encodePcmu : encodePcma)(samples, bytes, 0);
  return (law === 'mu' ? decodePcmu : decodePcma)(bytes);
};

/** The index of the first sample in which both differ, -1 if they are the same: quick for millions of samples. */
export const firstDifference = (one: Int16Array, other: Int16Array): number => {
  for (let i = 0; i < Math.max(one.length, other.length); i++) if (one[i] !== other[i]) return i;
  return -1;
};
