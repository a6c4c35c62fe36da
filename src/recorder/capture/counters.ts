import type { TrackName } from '../recording/parameters.ts';
import type { CaptureCounts } from '../spool/journal.ts';

/**
 * What is counted of one recording, in memory that the capture thread writes and the main thread reads: no message is
 * needed while it lasts, and the numbers outlive the thread. Element 0 is the strangers, then five numbers a track.
 */
export type Counters = Float64Array;

const perTrack = 5;
const bytes = 1;
const malformed = 2;
const dropped = 3;
const paused = 4;

/** Where the strangers are counted. */
const strangersAt = 0;

/** Where the packets of a track are counted, the other numbers of the track follow. */
const trackAt = (index: number): number => 1 + index * perTrack;

export const createCounters = (tracks: number): Counters =>
  new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT * trackAt(tracks)));

/** Writes the counts of one track; for the capture thread, which is the only one to write. */
export interface TrackCounter {
  packet(datagramBytes: number): void;
  malformed(): void;
  dropped(datagrams: number): void;
  /** A packet was left out because of a pause. */
  paused(): void;
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
