import { SipreelError } from '../errors/error.ts';
import { runFfmpeg } from '../recorder/encode/ffmpeg.ts';
import type { FfmpegBinaries } from '../recorder/encode/ffmpeg-binary.ts';
import type { RecordingRecord } from '../recorder/recording/record.ts';
import { findVoice } from './likeness.ts';

/** A voice that is there reads 0.99; the prompts of the same call read below 0.4. */
const leastLikeness = 0.9;
/** Between what the record says and what ffprobe finds: containers count in frames. */
const lengthToleranceS = 0.1;

/**
 * Checks a recording by ffprobe and by ear.
 * @throws SipreelError demo_failed that says what is wrong with it
 */
export const checkRecording = async (options: {
  readonly record: RecordingRecord;
  readonly file: string;
  /** The recording, mixed to one channel at 8 kHz. */
  readonly samples: Int16Array;
  readonly voice: Int16Array;
  readonly binaries: FfmpegBinaries;
}): Promise<{
  readonly atS: number;
  readonly likeness: number;
  readonly durationS: number;
  readonly channels: number;
}> => {
  const { record, file } = options;
  const wrong = (what: string): SipreelError =>
    new SipreelError('demo_failed', `the recording ${file} is wrong: ${what}`);
  const found = await askFfprobe(file, options.binaries);
  const durationS = Number(found.format?.duration);
  const channels = found.streams?.[0]?.channels;
  if (channels === undefined || !Number.isFinite(durationS)) throw wrong('ffprobe finds no sound in it');
  if (Math.abs(durationS - (record.duration ?? 0)) > lengthToleranceS) {
    throw wrong(`ffprobe finds ${durationS} s, the record says ${record.duration} s`);
  }
  const heard = findVoice(options.voice, options.samples);
  if (heard.likeness < leastLikeness) {
    throw wrong(`the caller's voice is not in it (likeness ${heard.likeness.toFixed(2)}, at least ${leastLikeness})`);
  }
  return { ...heard, durationS, channels };
};

interface ProbeAnswer {
  readonly streams?: readonly { readonly channels?: number }[];
  readonly format?: { readonly duration?: string };
}

/** Asked apart from the encoder's own verification, so that the demo checks that as well. */
const askFfprobe = async (file: string, { ffprobe }: FfmpegBinaries): Promise<ProbeAnswer> => {
  if (ffprobe === undefined) throw new SipreelError('demo_failed', 'there is no ffprobe to check the recording with');
  const args = [
    '-loglevel',
    'error',
    '-show_entries',
    'stream=channels:format=duration',
    '-of',
    'json',
    `file:${file}`,
  ];
  return JSON.parse((await runFfmpeg({ program: ffprobe, args })).stdout) as ProbeAnswer;
};
