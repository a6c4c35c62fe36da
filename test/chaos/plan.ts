import { createRandom } from './random.ts';

/** What is killed, by SIGKILL: processes of ours, and the outside parts. */
export const victims = ['switch', 'worker', 'redis', 'rtpengine', 'edge', 'ffmpeg'] as const;
export type Victim = (typeof victims)[number];

/** One round: calls are up and recorded, something is killed and started again. Times in milliseconds. */
export interface RoundPlan {
  readonly seed: number;
  readonly victim: Victim;
  readonly calls: number;
  readonly format: 'wav' | 'mp3' | 'mp4';
  /** How long each call stays up. */
  readonly callMs: number;
  /** From the first call on. */
  readonly killAfterMs: number;
  /** From the kill on. */
  readonly restartAfterMs: number;
}

/** The rounds of a seed; each victim gets its turn before one gets a second. */
export const planRounds = (rounds: number, seed: number): RoundPlan[] =>
  Array.from({ length: rounds }, (_, index) => {
    const own = (seed * 1_000 + index) >>> 0;
    const random = createRandom(own);
    const callMs = random.between(2_500, 5_000);
    return {
      seed: own,
      victim: victims[(index + seed) % victims.length] ?? 'switch',
      calls: random.between(4, 8),
      format: random.pick(['wav', 'mp3', 'mp4']),
      callMs,
      // From before all calls are up until after the last has ended, when files are made.
      killAfterMs: random.between(600, callMs + 1_500),
      restartAfterMs: random.between(100, 2_000),
    };
  });
