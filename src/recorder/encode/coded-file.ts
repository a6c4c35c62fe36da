import { SipreelError } from '../../errors/error.ts';
import type { FfmpegBinaries } from './ffmpeg-binary.ts';
import { type CodedFormat, frameSamples, paddingSamples } from './formats.ts';
import type { FrameFile } from './frame-file.ts';
import type { GrowingFile, GrowingFileOptions } from './growing-file.ts';
import { createMp3File } from './mp3-file.ts';
import { createMp4File } from './mp4-file.ts';
import { type SegmentOptions, type SegmentRun, startSegment } from './segment.ts';

/** What createCodedFile needs beside the file. */
export interface CodedFileOptions extends GrowingFileOptions, Omit<SegmentOptions, 'ffmpeg' | 'shape'> {
  readonly format: CodedFormat;
  readonly binaries: () => Promise<FfmpegBinaries>;
  /** Length of the parts that are encoded apart from each other, ms. */
  readonly pieceMs: number;
  /** Frames of sound that there will be, if that is known: the index then takes no more room than it needs. */
  readonly expected?: number | undefined;
}

/**
 * Frames of the encoder before and after those that are kept of a run: an encoder knows a few frames of the past and of
 * what comes. MP3 is then, to the bit, what one run over all of it makes, from 3 frames on; see docs/decisions.
 */
const before = 8;
const after = 4;
/** Room that the index has for parts that are still to come, before it has to be made. */
const partsAhead = 3;

/**
 * An MP3 or MP4 file that is encoded in parts of a fixed length, each by a run of ffmpeg of its own, so that a part can be
 * done as soon as its sound is there; the file does not depend on when that was. All but the frames of the part, those of
 * its neighbours that a run needs, are thrown away.
 */
export const createCodedFile = async (options: CodedFileOptions): Promise<GrowingFile> => {
  const { format, shape, binaries, pieceMs, expected } = options;
  const { channels, sampleRate } = shape;
  const samplesOfFrame = frameSamples(format, sampleRate);
  // Never longer than asked for: after hours, a part would end after its time.
  const partFrames = Math.max(2 * before, Math.floor((pieceMs * sampleRate) / 1000 / samplesOfFrame));
  const step = partFrames * samplesOfFrame;
  const overlap = after * samplesOfFrame;
  const file: FrameFile = await (format === 'mp3' ? createMp3File(options, samplesOfFrame) : createMp4File(options));

  /** The run that is given sound. */
  let run: SegmentRun | undefined;
  /** It has taken all that it was given. */
  let taken: Promise<void> = Promise.resolve();
  /** Runs that have not ended, that one among them. */
  const running = new Set<SegmentRun>();
  /** Parts whose sound is given to their runs; those before `kept` are in the file. */
  let parts = 0;
  /** The frames of all these parts are in the file. */
  let kept: Promise<void> = Promise.resolve();
  /** Frames of sound that were written, and given to the runs. */
  let frames = 0;
  let encoded = 0;
  let waiting: Int16Array[] = [];
  /** The end of this part, with which the run of the next one begins. */
  let lead: Int16Array[] = [];
  let hurried = false;

  const partEnd = (): number => (parts + 1) * step + overlap;

  const framesFor = (samples: number): number => Math.ceil((samples + paddingSamples[format]) / samplesOfFrame);

  const start = async (): Promise<SegmentRun> => {
    const { ffmpeg } = await binaries();
    const { bitRates, stallMs, signal } = options;
    const started = startSegment({ format, shape, ffmpeg, bitRates, stallMs, signal });
    run = started;
    running.add(started);
    for (const pcm of lead) await started.write(pcm);
    lead = [];
    return started;
  };

  /** Puts the frames of a part into the file: those of a whole part, or all to the end of the sound. */
  const keep = async (part: number, made: readonly Buffer[], isLast: boolean): Promise<void> => {
    const skipped = part === 0 ? 0 : before;
    const wanted = isLast ? framesFor(encoded) - part * partFrames : partFrames;
    const own = made.slice(skipped, isLast ? undefined : skipped + partFrames);
    if (own.length !== wanted) {
      throw new SipreelError(
        'encode_verification_failed',
        `${options.file}: ffmpeg made ${made.length} frames of ${format} for part ${part}, of which ${own.length} and not ${wanted} are the part's`,
      );
    }
    if (expected === undefined) await file.reserve((part + partsAhead) * partFrames);
    else if (part === 0) await file.reserve(framesFor(expected));
    await file.add(own);
  };

  /** The run has the sound of its part: it goes to its end, and its frames into the file after those before. */
  const end = async (isLast: boolean): Promise<void> => {
    const ended = run ?? (await start());
    run = undefined;
    const part = parts++;
    const made = taken.then(() => ended.end()).finally(() => running.delete(ended));
    taken = Promise.resolve();
    kept = Promise.all([made, kept]).then(([own]) => keep(part, own, isLast));
    kept.catch(() => undefined); // Whoever writes next, or finishes, is told.
  };

  /** Gives the run what waits, up to the end of the part. */
  const encode = async (): Promise<void> => {
    const [pcm] = waiting;
    if (pcm === undefined) return;
    const given = pcm.subarray(0, (partEnd() - encoded) * channels);
    waiting = given.length === pcm.length ? waiting.slice(1) : [pcm.subarray(given.length), ...waiting.slice(1)];
    const writing = run ?? (await start());
    const leadFrom = (parts + 1) * step - before * samplesOfFrame;
    const late = given.subarray(Math.max(0, leadFrom - encoded) * channels);
    if (late.length > 0) lead.push(late.slice());
    encoded += given.length / channels;
    taken = taken.then(() => writing.write(given));
    taken.catch(() => undefined); // The part is told of it.
    // Somebody waits for the file: no sound waits for the encoder, and the next part is encoded beside this one. Else one thing
    // at a time is enough, and little is in memory.
    if (!hurried) await taken;
    if (encoded < partEnd()) return;
    const keptBefore = kept;
    await end(false);
    await (hurried ? keptBefore : kept);
  };

  return {
    step,
    overlap,
    get frames() {
      return frames;
    },
    async write(pcm) {
      frames += pcm.length / channels;
      waiting.push(pcm);
      while (waiting.length > 0 && (hurried || frames >= partEnd())) await encode();
    },
    hurry() {
      hurried = true;
    },
    async finish() {
      hurried = true;
      while (waiting.length > 0) await encode();
      await end(true);
      await kept;
      await file.finish(frames);
    },
    rest: file.flush,
    check: file.check,
    async close() {
      await Promise.all([...running].map((each) => each.kill()));
      await kept.catch(() => undefined); // It was told, or nobody wants to know.
      await file.close();
    },
  };
};
