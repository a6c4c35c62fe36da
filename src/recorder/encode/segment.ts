import { SipreelError } from '../../errors/error.ts';
import { giveTo } from './ffmpeg.ts';
import { startFfmpeg } from './ffmpeg-process.ts';
import { type BitRates, type CodedFormat, encodeArguments, type PcmShape, splitters } from './formats.ts';
import { bytesOf } from './growing-file.ts';

/** One run of ffmpeg over a part of a recording. Rejects with ffmpeg_missing, ffmpeg_failed, ffmpeg_hung, or the signal's reason. */
export interface SegmentRun {
  write(pcm: Int16Array): Promise<void>;
  /** The frames of all that was written. Rejects also with encode_verification_failed if they are none of this sound. */
  end(): Promise<readonly Buffer[]>;
  /** Idempotent; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** What runs are made with. */
export interface SegmentOptions {
  readonly format: CodedFormat;
  readonly shape: PcmShape;
  /** Absolute path of ffmpeg. */
  readonly ffmpeg: string;
  readonly bitRates?: BitRates | undefined;
  /** Milliseconds without progress after which ffmpeg is killed as hung. */
  readonly stallMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Capture shares the machine and cannot wait; an encoder can. */
const niceness = 10;

/** Starts ffmpeg for a part of a recording. */
export const startSegment = (options: SegmentOptions): SegmentRun => {
  const { format, shape, ffmpeg: program, bitRates, stallMs, signal } = options;
  const args = encodeArguments(format, shape, bitRates);
  const stall = stallMs === undefined ? {} : { stallMs };
  const child = startFfmpeg({ program, args, writes: true, reads: true, niceness, signal, ...stall });
  const output: Buffer[] = [];
  child.stdout?.on('data', (bytes: Buffer) => output.push(bytes));
  return {
    write: (pcm) => giveTo(child, bytesOf(pcm)),
    async end() {
      child.stdin?.end();
      await child.waitFor(child.ended);
      const stream = Buffer.concat(output);
      const frames = splitters[format](stream, shape);
      if (frames !== undefined) return frames;
      throw new SipreelError(
        'encode_verification_failed',
        `ffmpeg's ${stream.length} bytes of ${format} are no frames of ${shape.channels} channels at ${shape.sampleRate} Hz`,
        { details: { program, args } },
      );
    },
    async kill() {
      child.kill(new Error('nobody wants the rest of the frames'));
      await child.ended.catch(() => undefined); // It was killed, or has told before why it ended.
    },
  };
};
