import type { PauseBehavior } from '../../src/recorder/recording/pauses.ts';
import { createSender, randomNumbers, type SenderOptions, type Sent } from '../unit/track/sender.ts';
import { tone } from './tone.ts';

/** A pause of a simulated call, ms. */
export interface SaidPause {
  readonly from: number;
  readonly to: number;
  readonly behavior: PauseBehavior;
}

/** What is said in a pause is far louder than anything else, so that a single sample of it tells. */
const quiet = 0.1;
const loud = 0.9;
/** No sample outside of pauses is as loud, whatever concealment makes of it. */
export const loudestOutside = 32768 * 2 * quiet;

/** A side that talks quietly, and loudly exactly from the begin of each pause to its end. */
export const shouter = (
  stopMs: number,
  pauses: readonly SaidPause[],
  hz: number,
  options: SenderOptions = {},
): readonly Sent[] => {
  const sender = createSender(options);
  const soft = tone(hz, 8000, (stopMs + 1000) / 1000, quiet);
  const shout = tone(hz, 8000, (stopMs + 1000) / 1000, loud);
  const sampleMs = 1000 / (8000 * (1 + (options.ppm ?? 0) / 1e6));
  sender.say(
    soft.map((sample, i) => {
      const at = i * sampleMs;
      return pauses.some(({ from, to }) => at >= from && at < to) ? (shout[i] ?? 0) : sample;
    }),
  );
  return sender.arrivals();
};

/** Networks that a pause has to be exact over; each is the same for the same seed. */
export const pauseNetworks: readonly { readonly name: string; readonly network: (seed: number) => SenderOptions }[] = [
  { name: 'a network that delays nothing', network: () => ({}) },
  { name: 'packets of 60 ms', network: () => ({ ptimeMs: 60 }) },
  {
    name: '60 ms of jitter and clocks 500 ppm apart',
    network: (seed) => {
      const random = randomNumbers(seed);
      return { ppm: 500, network: () => random() * 60 };
    },
  },
  {
    name: '15 % loss and 300 ms of jitter',
    network: (seed) => {
      const random = randomNumbers(seed);
      return { network: () => (random() < 0.15 ? undefined : random() * 300) };
    },
  },
];

/** A call of 12 s with two pauses, of which both sides shout in nothing else. */
export interface PausedCall {
  readonly stopMs: number;
  readonly behavior: PauseBehavior;
  readonly pauses: readonly SaidPause[];
  readonly loudest: number;
  readonly tracks: { readonly speak: readonly Sent[]; readonly listen: readonly Sent[] };
}

/** Pauses and networks as the seed says. */
export const pausedCall = (
  seed: number,
  { network } = pauseNetworks[seed % pauseNetworks.length] ?? pauseNetworks[0] ?? { network: () => ({}) },
): PausedCall => {
  const random = randomNumbers(seed * 77);
  const behavior = Math.floor(seed / pauseNetworks.length) % 2 === 0 ? 'skip' : 'silence';
  const pause = (from: number): SaidPause => ({ from, to: from + 700 + random() * 2000, behavior });
  const first = pause(3000 + random() * 500);
  const pauses = [first, pause(first.to + 1500)];
  const stopMs = 12_000;
  return {
    stopMs,
    behavior,
    pauses,
    loudest: loudestOutside,
    tracks: {
      speak: shouter(stopMs, pauses, 440, { ...network(seed), ssrc: 1 }),
      listen: shouter(stopMs, pauses, 1000, { ...network(seed + 50), ssrc: 2 }),
    },
  };
};
