/** What a file of sound says of itself. */
export interface ProbeFacts {
  readonly codec: string;
  readonly channels: number;
  readonly sampleRate: number;
  /** The length that the file states. */
  readonly durationMs: number;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const numberOf = (value: unknown): number | undefined => {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
};

/** Reads ffprobe's JSON answer: the first audio stream; undefined if there is none or it is no such answer. */
export const parseProbe = (text: string): ProbeFacts | undefined => {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(answer) || !Array.isArray(answer.streams)) return undefined;
  const stream = answer.streams.filter(isObject).find((each) => each.codec_type === 'audio');
  const format = isObject(answer.format) ? answer.format : {};
  const duration = numberOf(stream?.duration) ?? numberOf(format.duration);
  const channels = numberOf(stream?.channels);
  const sampleRate = numberOf(stream?.sample_rate);
  const codec = stream?.codec_name;
  if (typeof codec !== 'string' || channels === undefined || !sampleRate) return undefined;
  if (duration === undefined) return undefined;
  return { codec, channels, sampleRate, durationMs: duration * 1000 };
};

const channelNames: ReadonlyMap<string, number> = new Map([
  ['mono', 1],
  ['stereo', 2],
]);

const clockMs = ([, hours, minutes, seconds]: readonly string[]): number =>
  (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;

/**
 * Reads what ffmpeg prints of its input, `Duration: 00:00:02.04, ...` and `Stream #0:0...: Audio: mp3, 8000 Hz, stereo, ...`;
 * undefined if there is no audio stream of known length.
 */
export const parseStreamLines = (text: string): ProbeFacts | undefined => {
  const duration = /^ {2}Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/m.exec(text);
  const stream = /^ {2}Stream #0:\d[^\n]*: Audio: (\w+)[^\n]*?, (\d+) Hz, (\w+)/m.exec(text);
  if (duration === null || stream === null) return undefined;
  const [, codec, sampleRate, layout] = stream;
  const channels = channelNames.get(layout ?? '');
  if (codec === undefined || channels === undefined) return undefined;
  return { codec, channels, sampleRate: Number(sampleRate), durationMs: clockMs(duration) };
};
