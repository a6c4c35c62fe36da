import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { goertzelDb } from '../sound/tone.ts';

const run = promisify(execFile);

const ffmpeg = process.env.FFMPEG_BIN || 'ffmpeg';
const ffprobe = process.env.FFPROBE_BIN || 'ffprobe';
/** An hour of stereo 48 kHz PCM. */
const maxBytes = 1 << 30;

/** What ffprobe says of a file of sound. */
export interface FileFacts {
  /** wav, mp3, mov,mp4,... */
  readonly format: string;
  /** pcm_s16le, mp3, aac... */
  readonly codec: string;
  readonly channels: number;
  readonly sampleRate: number;
  readonly durationS: number;
}

/** The PCM of a file, one array for each channel: left is 0. */
export interface DecodedFile {
  readonly channels: readonly Int16Array[];
  readonly sampleRate: number;
  readonly durationS: number;
}

/** Rejects with ffprobe's words if the file is not there or has no sound. */
export const probe = async (file: string): Promise<FileFacts> => {
  const { stdout } = await run(ffprobe, [
    ...['-v', 'error', '-select_streams', 'a:0', '-of', 'json'],
    ...['-show_entries', 'format=format_name,duration:stream=codec_name,channels,sample_rate,duration', file],
  ]);
  const { streams = [], format = {} } = JSON.parse(stdout) as {
    streams?: { codec_name?: string; channels?: number; sample_rate?: string; duration?: string }[];
    format?: { format_name?: string; duration?: string };
  };
  const stream = streams[0];
  if (stream === undefined) throw new Error(`${file} has no sound: ${stdout}`);
  return {
    format: format.format_name ?? '',
    codec: stream.codec_name ?? '',
    channels: stream.channels ?? 0,
    sampleRate: Number(stream.sample_rate),
    durationS: Number(stream.duration ?? format.duration),
  };
};

interface Look {
  readonly facts: FileFacts;
  readonly sound: DecodedFile;
}

/** Files that were decoded last, as they were then: a test asks for the sound of a file, and then for its story. */
const looks = new Map<string, Promise<Look>>();
const mostLooks = 8;

const lookAt = async (file: string, facts?: FileFacts): Promise<Look> => {
  const { size, mtimeMs } = await stat(file);
  const key = `${file} ${size} ${mtimeMs}`;
  const known = looks.get(key);
  if (known !== undefined) return known;
  const look = (facts === undefined ? probe(file) : Promise.resolve(facts)).then(async (found) => {
    return { facts: found, sound: await decodeAs(file, found) };
  });
  looks.set(key, look);
  const [oldest] = looks.keys();
  if (looks.size > mostLooks && oldest !== undefined) looks.delete(oldest);
  return look;
};

const decodeAs = async (file: string, { channels: count, sampleRate }: FileFacts): Promise<DecodedFile> => {
  const { stdout } = await run(ffmpeg, ['-v', 'error', '-nostdin', '-i', file, '-f', 's16le', '-'], {
    encoding: 'buffer',
    maxBuffer: maxBytes,
  });
  const frames = Math.floor(stdout.length / 2 / count);
  const channels = Array.from({ length: count }, (_, channel) =>
    Int16Array.from({ length: frames }, (_, frame) => stdout.readInt16LE((frame * count + channel) * 2)),
  );
  return { channels, sampleRate, durationS: frames / sampleRate };
};

/** Decodes by ffmpeg to the file's own channels and sample rate. */
export const decode = async (file: string, facts?: FileFacts): Promise<DecodedFile> =>
  (await lookAt(file, facts)).sound;

/** A part of one channel, from and to in seconds; the end counts from the end if it is negative. */
export const cut = (sound: DecodedFile, channel: number, fromS = 0, toS?: number): Int16Array => {
  const samples = sound.channels[channel];
  if (samples === undefined) throw new Error(`there is no channel ${channel} in ${sound.channels.length}`);
  const end = toS === undefined ? undefined : Math.round(toS * sound.sampleRate);
  return samples.subarray(Math.round(fromS * sound.sampleRate), end);
};

/** The level of one frequency in one channel, dBFS. */
export const channelDb = (sound: DecodedFile, channel: number, hz: number, fromS?: number, toS?: number): number =>
  goertzelDb(cut(sound, channel, fromS, toS), sound.sampleRate, hz);

/** The level of one frequency in each quarter of a second, dBFS: unlike one measure of the whole, no phase shift hides it. */
export const levelsDb = (
  sound: DecodedFile,
  channel: number,
  hz: number,
  fromS = 0,
  toS?: number,
): readonly number[] => {
  const samples = cut(sound, channel, fromS, toS);
  const window = sound.sampleRate / 4;
  return Array.from({ length: Math.floor(samples.length / window) }, (_, i) =>
    goertzelDb(samples.subarray(i * window, (i + 1) * window), sound.sampleRate, hz),
  );
};

/** When a tone is first and last above `aboveDb` (dBFS) in windows of 20 ms, in seconds; undefined if never. */
export const toneSpan = (
  sound: DecodedFile,
  channel: number,
  hz: number,
  aboveDb = -40,
): { readonly fromS: number; readonly toS: number } | undefined => {
  const samples = cut(sound, channel);
  const window = Math.round(sound.sampleRate / 50);
  let first: number | undefined;
  let last = 0;
  for (let start = 0; start + window <= samples.length; start += window) {
    if (goertzelDb(samples.subarray(start, start + window), sound.sampleRate, hz) <= aboveDb) continue;
    first ??= start;
    last = start + window;
  }
  return first === undefined ? undefined : { fromS: first / sound.sampleRate, toS: last / sound.sampleRate };
};

/** The longest time between a tone's begin and its end without it, in windows of 20 ms, in seconds. */
export const longestHole = (sound: DecodedFile, channel: number, hz: number, aboveDb = -40): number => {
  const { fromS = 0, toS = 0 } = toneSpan(sound, channel, hz, aboveDb) ?? {};
  const samples = cut(sound, channel, fromS, toS);
  const window = Math.round(sound.sampleRate / 50);
  let [longest, current] = [0, 0];
  for (let start = 0; start + window <= samples.length; start += window) {
    const there = goertzelDb(samples.subarray(start, start + window), sound.sampleRate, hz) > aboveDb;
    current = there ? 0 : current + window;
    longest = Math.max(longest, current);
  }
  return longest / sound.sampleRate;
};

/** What is in a file, for a test that fails: its format, its length, and where each tone is in each channel. */
export const describe = async (file: string, tones: readonly number[] = []): Promise<string> => {
  try {
    const { facts, sound } = await lookAt(file);
    return describeDecoded(file, facts, sound, tones);
  } catch (error) {
    // It is asked for when something is wrong already: that it can't be read is what it has to say.
    return `${file}: ${error instanceof Error ? error.message : String(error)}`;
  }
};

/** The same for a file that was read already. */
export const describeDecoded = (
  file: string,
  facts: FileFacts,
  sound: DecodedFile,
  tones: readonly number[],
): string => {
  const lines = sound.channels.map((_, channel) => {
    const levels = tones.map((hz) => {
      const span = toneSpan(sound, channel, hz);
      const where = span === undefined ? 'nowhere' : `${span.fromS.toFixed(2)}-${span.toS.toFixed(2)} s`;
      return `${hz} Hz ${channelDb(sound, channel, hz).toFixed(1)} dB (above -40 dB: ${where})`;
    });
    return `  channel ${channel}: ${levels.join(', ')}`;
  });
  const head = `${file}: ${facts.format} ${facts.codec}, ${facts.channels} channels, ${facts.sampleRate} Hz`;
  return [`${head}, ${facts.durationS.toFixed(3)} s (decoded ${sound.durationS.toFixed(3)} s)`, ...lines].join('\n');
};
