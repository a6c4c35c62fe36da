import type { Redis } from 'ioredis';
import type { TrackName } from '../recording/parameters.ts';
import type { RecordingOutcome, RecordingRecord } from '../recording/record.ts';
import { registryKeys } from './keys.ts';
import { withRedis } from './redis-failure.ts';
import { loadScript } from './script.ts';

/** How the sound of a recording came. Times are ms on the recording's clock. */
export interface SoundReport {
  readonly tracks: Readonly<Partial<Record<TrackName, { readonly packets: number; readonly lost: number }>>>;
  /** Where packets are missing, in order; near ones are one. */
  readonly losses: readonly { readonly track: TrackName; readonly at: number; readonly packets: number }[];
  /** When the party pressed keys that came as RTP events; which ones nobody is told. */
  readonly keys: readonly number[];
}

/** What was recorded in an hour: when its file was ready counts. */
export interface HourFacts {
  /** When the hour began, Unix seconds. */
  readonly time: number;
  readonly recordings: number;
  /** Of sound. */
  readonly seconds: number;
  readonly bytes: number;
  readonly freed_bytes: number;
  readonly packets: number;
  readonly lost: number;
}

/** What Redis keeps of the sound of recordings, for people who look at them. Every method throws redis_away, redis_refused. */
export interface SoundFacts {
  /** Notes how it came, once, and counts it; true if this call did so. */
  note(recordingId: string, report: SoundReport, file: Pick<RecordingOutcome, 'duration' | 'size'>): Promise<boolean>;
  /** It is deleted: counts once, as far as it was counted. */
  freed(record: Pick<RecordingRecord, 'recording_id' | 'size'>): Promise<void>;
  sound(recordingId: string): Promise<SoundReport | undefined>;
  waveform(recordingId: string): Promise<string | undefined>;
  keepWaveform(recordingId: string, waveform: string): Promise<void>;
  /** The hours between two moments (Unix seconds), in order; those without a recording are there too. */
  hours(since: number, until: number): Promise<readonly HourFacts[]>;
  /** What is in storage. */
  kept(): Promise<{ readonly recordings: number; readonly bytes: number }>;
}

export interface SoundFactsOptions {
  /** In role commands. */
  readonly redis: Redis;
  /** Of all keys; sipreel by default. */
  readonly prefix?: string;
  /** Milliseconds since the epoch; Date.now by default. */
  readonly now?: () => number;
}

/** Seconds in an hour. */
export const hourS = 3_600;
/** How long an hour is remembered, seconds: 35 days. */
const hourLifeS = 35 * 24 * hourS;

const soundScript = loadScript('sound');
const freedScript = loadScript('freed');
const waveformScript = loadScript('waveform');

export const createSoundFacts = (options: SoundFactsOptions): SoundFacts => {
  const { redis, prefix = 'sipreel', now = Date.now } = options;
  const keys = registryKeys(prefix);
  const hourOf = (seconds: number): number => Math.floor(seconds / hourS) * hourS;
  const thisHour = (): string => keys.hour(hourOf(now() / 1000));
  const field = (recordingId: string, name: string): Promise<string | null> =>
    withRedis(() => redis.hget(keys.recording(recordingId), name));

  return {
    async note(recordingId, report, { duration, size }) {
      const tracks = Object.values(report.tracks);
      const sum = (of: 'packets' | 'lost'): number => tracks.reduce((total, track) => total + track[of], 0);
      const answer = await withRedis(() =>
        soundScript(
          redis,
          [keys.recording(recordingId), thisHour(), keys.kept],
          [JSON.stringify(report), hourLifeS, Math.round(duration * 1000), size, sum('packets'), sum('lost')],
        ),
      );
      return answer === 1;
    },

    async freed({ recording_id, size = 0 }) {
      await withRedis(() =>
        freedScript(
          redis,
          [keys.recording(recording_id), thisHour(), keys.kept],
          [hourLifeS, size, size === 0 ? 0 : -size],
        ),
      );
    },

    async sound(recordingId) {
      const kept = await field(recordingId, 'sound');
      return kept === null ? undefined : (JSON.parse(kept) as SoundReport);
    },

    waveform: async (recordingId) => (await field(recordingId, 'waveform')) ?? undefined,

    async keepWaveform(recordingId, waveform) {
      await withRedis(() => waveformScript(redis, [keys.recording(recordingId)], [waveform]));
    },

    async hours(since, until) {
      const times: number[] = [];
      for (let time = hourOf(since); time <= until; time += hourS) times.push(time);
      const found = await withRedis(() => Promise.all(times.map((time) => redis.hgetall(keys.hour(time)))));
      return times.map((time, i) => {
        const number = (name: string): number => Number(found[i]?.[name] ?? 0);
        return {
          time,
          recordings: number('recordings'),
          seconds: number('milliseconds') / 1000,
          bytes: number('bytes'),
          freed_bytes: number('freed_bytes'),
          packets: number('packets'),
          lost: number('lost'),
        };
      });
    },

    async kept() {
      const { recordings = 0, bytes = 0 } = await withRedis(() => redis.hgetall(keys.kept));
      return { recordings: Number(recordings), bytes: Number(bytes) };
    },
  };
};
