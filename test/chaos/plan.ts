import { createRandom, type Random } from './random.ts';

/**
 * What happens. Processes of ours and outside parts are killed by SIGKILL, the capture thread ends; the others last until the
 * round revives them: ffmpeg hangs or is not there, the bucket's service is bad in one way, the disk of the spools is full, for
 * a moment or for longer than memory lasts.
 */
export const victims = [
  'switch',
  's3 cut',
  'redis',
  'capture',
  'worker',
  's3 500',
  'rtpengine',
  'ffmpeg hangs',
  'edge',
  's3 corrupt',
  'ffmpeg',
  'disk full',
  's3 away',
  'ffmpeg missing',
  's3 silent',
  'disk lost',
  's3 slow',
] as const;
export type Victim = (typeof victims)[number];

/** Where finished recordings go: a disk, a bucket, or a bucket with a disk as its back-up. */
export type Place = 'disk' | 'bucket' | 'backed up';

/** One round: calls are up and recorded, something happens and is put right. Times in milliseconds. */
export interface RoundPlan {
  readonly seed: number;
  readonly victim: Victim;
  readonly place: Place;
  readonly calls: number;
  readonly format: 'wav' | 'mp3' | 'mp4';
  /** How long each call stays up. */
  readonly callMs: number;
  /** From the first call on. */
  readonly killAfterMs: number;
  /** From the kill on. */
  readonly restartAfterMs: number;
}

type Times = Pick<RoundPlan, 'callMs' | 'killAfterMs' | 'restartAfterMs'>;

const timesOf = (victim: Victim, random: Random): Times => {
  const callMs = random.between(2_500, 5_000);
  const lasting = victim.startsWith('s3') || victim === 'ffmpeg hangs' || victim === 'ffmpeg missing';
  if (lasting) {
    // Until after the last call has ended, when files are made and stored.
    const killAfterMs = random.between(300, callMs);
    return { callMs, killAfterMs, restartAfterMs: callMs - killAfterMs + random.between(1_000, 4_000) };
  }
  // Memory lasts for less than three seconds (see world.ts).
  if (victim === 'disk lost')
    return { callMs: 9_000, killAfterMs: random.between(1_500, 2_500), restartAfterMs: 6_000 };
  if (victim === 'disk full' || victim === 'capture')
    return { callMs, killAfterMs: random.between(600, callMs), restartAfterMs: random.between(100, 1_500) };
  // From before all calls are up until after the last has ended, when files are made.
  return { callMs, killAfterMs: random.between(600, callMs + 1_500), restartAfterMs: random.between(100, 2_000) };
};

const planRound = (victim: Victim, seed: number): RoundPlan => {
  const random = createRandom(seed);
  const needsFfmpeg = victim === 'ffmpeg hangs' || victim === 'ffmpeg missing';
  return {
    ...{ seed, victim },
    place: victim.startsWith('s3') ? random.pick(['bucket', 'backed up']) : 'disk',
    calls: random.between(4, 8),
    format: needsFfmpeg ? random.pick(['mp3', 'mp4']) : random.pick(['wav', 'mp3', 'mp4']),
    ...timesOf(victim, random),
  };
};

/** The rounds of a seed; each victim gets its turn before one gets a second. */
export const planRounds = (rounds: number, seed: number): RoundPlan[] =>
  Array.from({ length: rounds }, (_, index) =>
    planRound(victims[(index + seed) % victims.length] ?? 'switch', (seed * 1_000 + index) >>> 0),
  );
