import type { TrackName } from '../recording/parameters.ts';
import type { CaptureCounts } from '../spool/journal.ts';

/**
 * What is counted of one recording, in memory that the capture thread writes and the main thread reads: no message is
 * needed while it lasts, and the numbers outlive the thread. Element 0 is the strangers, element 1 until when the main thread
 * wants levels, in ms on the recording's clock (the one number that it writes); then seven numbers a track.
 */
export type Counters = Float64Array;

const perTrack = 7;
const bytes = 1;
const malformed = 2;
const dropped = 3;
const paused = 4;
const energy = 5;
const samples = 6;

/** Where the strangers are counted. */
const strangersAt = 0;
/** Until when levels are wanted. */
const levelsAt = 1;

/** Where the packets of a track are counted, the other numbers of the track follow. */
const trackAt = (index: number): number => 2 + index * perTrack;

export const createCounters = (tracks: number): Counters =>
  new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT * trackAt(tracks)));

/** Writes the counts of one track; for the capture thread, which is the only one to write. */
export interface TrackCounter {
  packet(datagramBytes: number): void;
  malformed(): void;
  dropped(datagrams: number): void;
  /** A packet was left out because of a pause. */
  paused(): void;
  /** Sound was measured: its samples' squares added up, of full scale 1. */
  heard(squares: number, samples: number): void;
}

export const trackCounter = (counters: Counters, index: number): TrackCounter => {
  const at = trackAt(index);
  const add = (place: number, amount: number): void => {
    counters[place] = (counters[place] ?? 0) + amount;
  };
  return {
    packet(datagramBytes) {
      add(at, 1);
      add(at + bytes, datagramBytes);
    },
    malformed: () => add(at + malformed, 1),
    dropped: (datagrams) => add(at + dropped, datagrams),
    paused: () => add(at + paused, 1),
    heard(squares, count) {
      add(at + energy, squares);
      add(at + samples, count);
    },
  };
};

export const countStrangers = (counters: Counters, datagrams: number): void => {
  counters[strangersAt] = (counters[strangersAt] ?? 0) + datagrams;
};

export type CountsByTrack = Readonly<Partial<Record<TrackName, CaptureCounts>>>;

/** The numbers of now. */
export const readCounts = (counters: Counters, tracks: readonly TrackName[]): CountsByTrack =>
  Object.fromEntries(
    tracks.map((track, index): [TrackName, CaptureCounts] => {
      const at = trackAt(index);
      return [
        track,
        {
          packets: counters[at] ?? 0,
          bytes: counters[at + bytes] ?? 0,
          malformed: counters[at + malformed] ?? 0,
          dropped: counters[at + dropped] ?? 0,
          paused: counters[at + paused] ?? 0,
          strangers: counters[strangersAt] ?? 0,
        },
      ];
    }),
  );

/** For the main thread: levels are measured until then, ms on the recording's clock. */
export const wantLevels = (counters: Counters, untilMs: number): void => {
  counters[levelsAt] = untilMs;
};

/** True as long as somebody wants levels. */
export const levelsWanted = (counters: Counters, t: number): boolean => t < (counters[levelsAt] ?? 0);

/** What was measured of a track so far. */
export const readEnergy = (
  counters: Counters,
  index: number,
): { readonly squares: number; readonly samples: number } => ({
  squares: counters[trackAt(index) + energy] ?? 0,
  samples: counters[trackAt(index) + samples] ?? 0,
});
