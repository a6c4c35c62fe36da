import type { Codec, Decoder } from './codecs.ts';
import { type Concealer, concealMs, createConcealer } from './conceal.ts';
import type { Drift } from './drift.ts';
import type { Arrival, ReorderQueue } from './reorder.ts';
import type { TrackCounts } from './report.ts';
import { createRun } from './run.ts';
import { type Between, createSenderClock, type Place, slackMs } from './sender-clock.ts';
import type { Timeline } from './timeline.ts';

/** The sound of one SSRC, put on the timeline in sequence order. */
export interface Line {
  /** The next sound packet; `queue` holds what comes after it. */
  play(packet: Arrival, codec: Codec, between: Between, queue: ReorderQueue): void;
  /** Nothing follows for now. */
  rest(): void;
  /** False while it rests. */
  readonly sounding: boolean;
  /** Up to here the timeline has what it gets from this line so far. */
  readonly position: number;
  /** The codec of the last packet played. */
  readonly codec: Codec | undefined;
  drift(): Drift;
}

export interface LineOptions {
  readonly startMs: number;
  readonly sampleRate: number;
  readonly timeline: Timeline;
  readonly counts: TrackCounts;
  /** The end of another line's sound if it is next to this position: a source that relieves another leaves no seam. */
  readonly snap: (position: number) => number;
}

/** Up to this, sound after a jump of the timestamps goes on without a seam, and the rest is corrected slowly. */
const seamMs = 15;
/** Sound that would overlap what was played is put behind it, if by no more than this; corrected where it is quiet. */
const mostBehindMs = 1000;
/** Sound that begins before the end of the last is put behind it too, and cut only once it comes this much later than it should. */
const mostOverlapMs = 100;
/** More of an error than this is corrected at once where it is quiet: cheaper than a stretch, and as inaudible. */
const cutMs = 2;
/** A new run keeps the offset of the last one unless it is off by more than this. */
const keptMs = 2;
/** Mean of |sample| below which sound is quiet: -48 dBFS. */
const quietLevel = 130;

const nothing = new Int16Array(0);

/** A line that has played nothing yet. */
export const createLine = (options: LineOptions): Line => {
  const { startMs, sampleRate, timeline, counts } = options;
  const clock = createSenderClock();
  const concealers = new Map<number, Concealer>();
  const dropped = (ms: number): void => {
    counts.droppedMs += ms;
  };
  const run = createRun(timeline, sampleRate, (samples) => dropped((samples * 1000) / sampleRate));

  let codec: Codec | undefined;
  let decoder: Decoder | undefined;
  /** Decoded, but not fed to the run before it is known what follows. */
  let held: Int16Array = nothing;
  /** The end on the sender's media clock of what is held, or was dropped behind it. */
  let heldEndMs = 0;
  /** Recording clock minus media clock as the last run had it at its end. */
  let playedOffsetMs = Number.NaN;
  let started = false;

  const concealerFor = (rate: number): Concealer => {
    const concealer = concealers.get(rate) ?? createConcealer(rate);
    concealers.set(rate, concealer);
    return concealer;
  };

  const feed = (samples: Int16Array): void => {
    concealerFor(run.inputRate).remember(samples);
    run.feed(samples);
  };

  /** Where the sample after those held will sound, in ms on the recording's clock. */
  const nextMs = (): number => {
    const heldOutputs = held.length === 0 ? 0 : (held.length * sampleRate) / run.inputRate;
    return startMs + ((run.inputPosition() + heldOutputs) * 1000) / sampleRate;
  };

  const feedHeld = (): void => {
    feed(held);
    held = nothing;
  };

  const rest = (): void => {
    if (!run.open) return;
    playedOffsetMs = nextMs() - heldEndMs;
    feedHeld();
    run.end();
  };

  const conceal = (ms: number): void => {
    const concealer = concealerFor(run.inputRate);
    concealer.remember(held);
    const end = concealer.begin();
    const fits = end.subarray(Math.max(0, end.length - held.length));
    held.set(fits, held.length - fits.length);
    run.feed(held);
    held = nothing;
    run.feed(concealer.fill(Math.round((ms * run.inputRate) / 1000)));
    counts.concealedMs += ms;
  };

  /** Fills what is missing between the sound held and that of a packet `gapMs` later; longer gaps end the run. */
  const bridge = (gapMs: number, between: Between, sound: Int16Array): void => {
    const lost = between.lost > 0 && !between.comfortNoise;
    playedOffsetMs = nextMs() - heldEndMs;
    if (lost) conceal(Math.min(gapMs, concealMs));
    else feedHeld();
    if (gapMs > concealMs) run.end();
    else if (lost) concealerFor(run.inputRate).recover(sound);
    else feed(new Int16Array(Math.round((gapMs * run.inputRate) / 1000)));
  };

  /** Puts the sound behind what the run has, or ends the run; answers the sound that is left of it. */
  const follow = (place: Place, between: Between, sound: Int16Array, rate: number): Int16Array => {
    let wantedMs = place.mediaMs + place.offsetMs;
    if (rate !== run.inputRate) {
      rest();
      return sound;
    }
    if (place.jumped) {
      // Its timestamp says nothing of what was lost before it, its sequence number does.
      const lostMs = Math.min(place.lostMs, wantedMs - nextMs());
      if (lostMs > slackMs) bridge(lostMs, between, sound);
      if (!run.open) return sound;
      const errorMs = wantedMs - nextMs();
      if (errorMs > seamMs || errorMs < -mostBehindMs) rest();
      return sound;
    }
    if (place.gapMs > slackMs) {
      bridge(place.gapMs, between, sound);
      if (!run.open) return sound;
    } else if (place.gapMs < -slackMs && nextMs() - wantedMs > mostOverlapMs) {
      const overlap = Math.min(sound.length, Math.round((-place.gapMs * rate) / 1000));
      dropped((overlap * 1000) / rate);
      wantedMs += (overlap * 1000) / rate;
      sound = sound.subarray(overlap);
    }
    const errorMs = wantedMs - nextMs();
    if (Math.abs(errorMs) > cutMs && isQuiet(held) && isQuiet(sound)) {
      const samples = Math.round((Math.abs(errorMs) * rate) / 1000);
      if (errorMs < 0) return sound.subarray(Math.min(sound.length, samples));
      lengthenQuiet(samples);
    } else run.correct(errorMs);
    return sound;
  };

  /** The quiet that is held lasts longer by its own end, or the run ends if that is not enough. */
  const lengthenQuiet = (samples: number): void => {
    if (samples > held.length) {
      rest();
      playedOffsetMs = Number.NaN;
      return;
    }
    const more = held.slice(held.length - samples);
    feedHeld();
    feed(more);
  };

  /** Starts a run where the place says; false if that is too far behind what was played. */
  const start = (place: Place, rate: number): boolean => {
    const keep = !place.jumped && Math.abs(playedOffsetMs - place.offsetMs) <= keptMs;
    const offsetMs = keep ? playedOffsetMs : place.offsetMs;
    let position = Math.round(((place.mediaMs + offsetMs - startMs) * sampleRate) / 1000);
    if (!started) position = options.snap(position);
    else if (position < run.position) {
      if (((run.position - position) * 1000) / sampleRate > mostBehindMs) return false;
      position = run.position;
    }
    if (!started || ((position - run.position) * 1000) / sampleRate > concealMs) concealerFor(rate).forget();
    run.start(position, rate);
    started = true;
    return true;
  };

  return {
    rest,
    drift: clock.drift,
    get codec() {
      return codec;
    },
    get sounding() {
      return run.open;
    },
    get position() {
      return run.position;
    },

    play(packet, next, between, queue) {
      const place = clock.place(packet, next.clockRate, between, queue);
      if (place.jumped && started) counts.jumps++;
      if (decoder === undefined || codec !== next) {
        if (codec !== undefined && codec.name !== next.name) counts.codecChanges++;
        if (!counts.codecs.includes(next.name)) counts.codecs.push(next.name);
        codec = next;
        decoder = next.createDecoder();
      }
      let sound = decoder.decode(packet.payload);
      if (run.open) sound = follow(place, between, sound, next.sampleRate);
      if (!run.open && !start(place, next.sampleRate)) {
        dropped(place.lengthMs);
        return;
      }
      heldEndMs = place.mediaMs + place.lengthMs;
      if (sound.length === 0) return;
      if (held.length > 0) feedHeld();
      held = sound;
    },
  };
};

const isQuiet = (samples: Int16Array): boolean => {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += Math.abs(samples[i] ?? 0);
  return sum <= quietLevel * samples.length;
};
