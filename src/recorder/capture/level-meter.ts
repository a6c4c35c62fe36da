import { pcmaSamples, pcmuSamples } from '../../rtp/g711.ts';
import type { RtpPacket } from '../../rtp/packet.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import type { TrackName } from '../recording/parameters.ts';
import { type Counters, levelsWanted, readEnergy, type TrackCounter, wantLevels } from './counters.ts';
import { createLiveSound, type LiveSound } from './live-sound.ts';
import { payloadKind, payloadKinds } from './payload-kinds.ts';

/** How loud directions are: RMS in dB of full scale, whole numbers from -100, which is nothing at all. */
export type Levels = Readonly<Partial<Record<TrackName, number>>>;

/** Measures one track on its capture thread, as long as somebody looks. */
export interface LevelMeter {
  packet(packet: RtpPacket, t: number): void;
  /** What the payload types mean from now on. */
  update(payloads: PayloadMap): void;
  /** Gives decoders back. Idempotent. */
  close(): void;
}

const fullScale = 32768;

/** The square of each byte of G.711, of full scale 1. */
const squaresOf = (samples: Int16Array): Float64Array => Float64Array.from(samples, (each) => (each / fullScale) ** 2);
const pcmuSquares = squaresOf(pcmuSamples);
const pcmaSquares = squaresOf(pcmaSamples);

export const createLevelMeter = (counters: Counters, counter: TrackCounter): LevelMeter => {
  let kinds = payloadKinds({});
  let decoded: LiveSound | undefined;

  const pcm = (samples: Int16Array): void => {
    let sum = 0;
    for (const sample of samples) sum += (sample / fullScale) ** 2;
    counter.heard(sum, samples.length);
  };
  const g711 = (squares: Float64Array, payload: Uint8Array): void => {
    let sum = 0;
    for (const byte of payload) sum += squares[byte] as number;
    counter.heard(sum, payload.length);
  };
  const decoder = (): LiveSound => {
    decoded ??= createLiveSound(pcm, () => undefined);
    return decoded;
  };

  return {
    packet({ payloadType, payload }, t) {
      if (!levelsWanted(counters, t)) return;
      const kind = kinds[payloadType];
      if (kind === payloadKind.pcmu) g711(pcmuSquares, payload);
      else if (kind === payloadKind.pcma) g711(pcmaSquares, payload);
      else if (kind === payloadKind.g722) decoder().g722(payload, t);
      else if (kind === payloadKind.opus) decoder().opus(payload, t);
    },
    update(payloads) {
      kinds = payloadKinds(payloads);
    },
    close() {
      decoded?.close();
      decoded = undefined;
    },
  };
};

const quietest = -100;
/** How long levels are measured after the last question, ms. */
const wantedMs = 3_000;
/** Who asks sooner gets the answer of before: two who look would halve each other's time. */
const freshMs = 150;

/** For the main thread: the levels of a recording since the question before. `now` is ms on the recording's clock. */
export const createLevelReader = (
  counters: Counters,
  tracks: readonly TrackName[],
  now: () => number,
): (() => Levels) => {
  let askedAt = Number.NEGATIVE_INFINITY;
  let last = tracks.map((_, index) => readEnergy(counters, index));
  let levels: Levels = {};
  return () => {
    const t = now();
    if (t - askedAt < freshMs) return levels;
    wantLevels(counters, t + wantedMs);
    askedAt = t;
    const sums = tracks.map((_, index) => readEnergy(counters, index));
    levels = Object.fromEntries(
      tracks.map((track, index) => {
        const { squares = 0, samples = 0 } = sums[index] ?? {};
        const before = last[index] ?? { squares: 0, samples: 0 };
        const mean = (squares - before.squares) / Math.max(1, samples - before.samples);
        return [track, mean > 0 ? Math.max(quietest, Math.round(10 * Math.log10(mean))) : quietest];
      }),
    );
    last = sums;
    return levels;
  };
};
