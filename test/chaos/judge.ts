import type { RoundPlan, Victim } from './plan.ts';

/** What is known of one recording that was started. Times are Unix seconds. */
export interface Fate {
  readonly recordingId: string;
  readonly startTime: number;
  /** When its call was over; SIPp tells of calls that ended before their time. */
  readonly callEndedAt?: number | undefined;
  /** Ids of the events that status_url has taken, each as often as it came. */
  readonly events: readonly { readonly id: string; readonly state: string }[];
  /** Seconds of the caller's tone in the file; undefined where there is none. */
  readonly soundS: number | undefined;
  /** Why there is none. */
  readonly missing?: string;
}

/** What is known of a round beside its recordings. */
export interface Aftermath {
  /** Calls that SIPp saw end otherwise than it should, in its words. */
  readonly failedCalls?: string | undefined;
  /** How a call that came while the disk was full went otherwise than it should. */
  readonly onFullDisk?: string | undefined;
  /** Calls that rtpengine still has after all have ended. */
  readonly leftCalls?: number;
  /** Files that are still in the back-up although the first store is there again. */
  readonly awayFiles?: readonly string[];
}

/** One round, judged. */
export interface Verdict {
  readonly plan: RoundPlan;
  readonly recordings: number;
  /** The most that a recording has lost, and of all together. */
  readonly worstLostS: number;
  readonly lostS: number;
  /** Recordings without terminal event, and terminal events that came more than once or beside another one. */
  readonly missing: number;
  readonly twice: number;
  /** Recordings whose start nobody was told of. */
  readonly untold: number;
  /** One sentence for each promise that broke. */
  readonly broken: readonly string[];
}

/** Sound of the last second may be in memory or on its way when a process is killed; and what tones blur at their ends. */
const mostLostS = 1;
const blurS = 0.15;
/** What a call that goes on may seem to lack: on a busy machine SIPp begins its tone late. A batch that is lost is 0.45 s. */
const lateToneS = 0.25;

const terminal = new Set(['finished', 'no_input', 'error']);
/** A call ends with these, so the sound after the kill is not to be had. */
const endsCalls: ReadonlySet<Victim> = new Set(['switch', 'rtpengine', 'edge']);
/** Recordings end with these, as errors, and calls go on; some recordings may go on as well. */
const endsRecordings: ReadonlySet<Victim> = new Set(['capture', 'disk lost']);

/** When the sound ends that a recording must have; Unix seconds. */
const endOf = (plan: RoundPlan, killedAt: number, { startTime, callEndedAt, events }: Fate): number => {
  // SIPp counts from its ACK, and a recording begins somewhat later.
  const naturalEnd = Math.min(startTime + plan.callMs / 1000, callEndedAt ?? Number.POSITIVE_INFINITY);
  const broken = endsRecordings.has(plan.victim) && events.some(({ state }) => state === 'error');
  return broken || endsCalls.has(plan.victim) ? Math.min(naturalEnd, killedAt) : naturalEnd;
};

const brokenAfterwards = (plan: RoundPlan, fates: readonly Fate[], after: Aftermath): string[] => {
  const { failedCalls, onFullDisk, leftCalls = 0, awayFiles = [] } = after;
  const errors = fates.filter(({ events }) => events.some(({ state }) => state === 'error'));
  return [
    ...(failedCalls === undefined || endsCalls.has(plan.victim) ? [] : [`calls were harmed: ${failedCalls}`]),
    ...(onFullDisk === undefined ? [] : [onFullDisk]),
    ...(leftCalls === 0 ? [] : [`rtpengine still has ${leftCalls} calls`]),
    ...(awayFiles.length === 0 ? [] : [`${awayFiles.length} files are still in the back-up: ${awayFiles.join(', ')}`]),
    ...(plan.victim === 'disk lost' && fates.length > 0 && errors.length === 0
      ? ['the disk was full for longer than memory lasts, and no recording ended as an error']
      : []),
  ];
};

/** Holds what became of the recordings against what is promised; `killedAt` in Unix seconds. */
export const judge = (plan: RoundPlan, killedAt: number, fates: readonly Fate[], after: Aftermath = {}): Verdict => {
  const broken: string[] = [];
  let [worstLostS, lostS, missing, twice, untold] = [0, 0, 0, 0, 0];
  for (const fate of fates) {
    const { recordingId, startTime, events, soundS, missing: why } = fate;
    const ends = events.filter(({ state }) => terminal.has(state));
    const end = endOf(plan, killedAt, fate);
    const lost = Math.max(0, end - startTime - (soundS ?? 0) - blurS);
    worstLostS = Math.max(worstLostS, lost);
    lostS += lost;
    if (!events.some(({ state }) => state === 'recording')) untold += 1;
    if (ends.length === 0) {
      missing += 1;
      broken.push(`${recordingId} has no terminal event`);
    }
    if (ends.length > 1) {
      twice += 1;
      // Between the answer of status_url and our note of it a kill makes it come again, with the same id.
      const sameId = new Set(ends.map(({ id }) => id)).size === 1;
      if (!sameId) broken.push(`${recordingId} has ended more than once: ${ends.map(({ id }) => id).join(', ')}`);
      else if (!['worker', 'switch', 'redis'].includes(plan.victim))
        broken.push(`${recordingId}: ${ends[0]?.id} came ${ends.length} times, and nothing that tells was killed`);
    }
    const allowed = endsCalls.has(plan.victim) || endsRecordings.has(plan.victim) ? mostLostS : lateToneS;
    if (lost > allowed) {
      const have = soundS === undefined ? `no file (${why})` : `${soundS.toFixed(2)} s of sound`;
      broken.push(`${recordingId} has ${have}, and ${lost.toFixed(2)} s are lost`);
    }
  }
  broken.push(...brokenAfterwards(plan, fates, after));
  return { plan, recordings: fates.length, worstLostS, lostS, missing, twice, untold, broken };
};
