import { render, throughG711 } from '../unit/track/render.ts';
import { createSender, randomNumbers } from '../unit/track/sender.ts';
import { concealByAppendixI } from './appendix-i.ts';
import { logSpectralDistanceDb, segmentalSnrDb } from './distances.ts';

/** How packets of 20 ms are lost. */
export interface LossPattern {
  readonly name: string;
  /** Share of the packets. */
  readonly share: number;
  /** How many in a row, on average. */
  readonly burst: number;
}

export const lossPatterns: readonly LossPattern[] = [
  { name: '1 % of the packets, one by one', share: 0.01, burst: 1 },
  { name: '5 %, one by one', share: 0.05, burst: 1 },
  { name: '15 %, one by one', share: 0.15, burst: 1 },
  { name: '5 % in bursts of three', share: 0.05, burst: 3 },
];

/** How near what is heard is to what was said, where packets are missing; by us and by G.711 Appendix I. */
export interface Comparison {
  readonly snrDb: { readonly ours: number; readonly appendixI: number; readonly silence: number };
  readonly distanceDb: { readonly ours: number; readonly appendixI: number; readonly silence: number };
  readonly lostPackets: number;
}

const packet = 160;

/** Lets packets of the sound be lost and compares what the track makes of it with what Appendix I makes of the same. */
export const compareConcealment = (said: Int16Array, { share, burst }: LossPattern, seed: number): Comparison => {
  const random = randomNumbers(seed);
  const packets = Math.floor(said.length / packet);
  const sound = said.subarray(0, packets * packet);
  // A chain of two states: in a burst, and between them.
  const begins = share / burst / (1 - share);
  let inBurst = false;
  const lost = Array.from({ length: packets }, (_, i) => {
    inBurst = random() < (inBurst ? 1 - 1 / burst : begins);
    return inBurst && i > 50;
  });

  const sender = createSender({ network: (index) => (lost[index] === true ? undefined : 0) });
  sender.say(sound);
  const wanted = throughG711(sound);
  // Sound of the usual ptime is put at its arrival, one packet after it was captured.
  const ours = render(sender.arrivals(), packets * 20 + 20).samples.subarray(packet);
  const appendixI = concealByAppendixI(wanted, (frame) => lost[Math.floor(frame / 2)] === true);
  const silence = wanted.map((sample, i) => (lost[Math.floor(i / packet)] === true ? 0 : sample));

  // The packet after a loss is part of its concealment.
  const counts = (index: number): boolean => lost[index] === true || lost[index - 1] === true;
  const measured = (heard: Int16Array) => ({
    snr: segmentalSnrDb(wanted, heard, counts),
    distance: logSpectralDistanceDb(wanted, heard, counts),
  });
  const [own, reference, none] = [measured(ours), measured(appendixI), measured(silence)];
  return {
    snrDb: { ours: own.snr, appendixI: reference.snr, silence: none.snr },
    distanceDb: { ours: own.distance, appendixI: reference.distance, silence: none.distance },
    lostPackets: lost.filter(Boolean).length,
  };
};
