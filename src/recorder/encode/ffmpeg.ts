import { SipreelError } from '../../errors/error.ts';
import { type FfmpegProcess, startFfmpeg } from './ffmpeg-process.ts';

/** One run of ffmpeg or ffprobe. */
export interface FfmpegRun {
  /** Absolute path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  /** Written to its standard input; a chunk belongs to the run once it is yielded. Default: no input. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** Milliseconds without progress after which it is killed as hung. Default: 30,000. */
  readonly stallMs?: number;
  /** Nice value, 0..19. Default: 0. */
  readonly niceness?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a run said. */
export interface FfmpegOutput {
  readonly stdout: string;
  /** The last 4 KB of its standard error. */
  readonly stderr: string;
}

/** More output than this is no answer of ffprobe's. */
const stdoutLimit = 1_000_000;

/** Gives a running ffmpeg more input; rejects with what has ended it, should it take no more. */
export const giveTo = async (run: FfmpegProcess, chunk: Uint8Array): Promise<void> => {
  const { stdin } = run;
  if (stdin === null) return;
  if (run.hasEnded() || stdin.destroyed) {
    // Unless it has failed, which its exit status will say, it took part of the sound for all of it.
    await run.waitFor(run.ended);
    throw new SipreelError('ffmpeg_failed', `it ended before it had read all of the sound: ${run.stderrTail().trim()}`);
  }
  // The callback comes with an error too; that one is told by the exit status.
  await run.waitFor(new Promise<void>((resolve) => stdin.write(chunk, () => resolve())));
};

/**
 * Runs ffmpeg to its end: feeds it with back-pressure, kills it when it makes no progress while it keeps us waiting, and
 * resolves with what it said. Rejects with ffmpeg_missing, ffmpeg_failed (with the end of its standard
 * error), ffmpeg_hung, the signal's reason, or what the input threw; the process is gone in every case.
 */
export const runFfmpeg = async (run: FfmpegRun): Promise<FfmpegOutput> => {
  const { input, ...options } = run;
  const child = startFfmpeg({ ...options, writes: input !== undefined, reads: true });
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    if (stdout.length < stdoutLimit) stdout += text;
  });
  if (input !== undefined) {
    try {
      for await (const chunk of input) await giveTo(child, chunk);
      child.stdin?.end();
    } catch (error) {
      child.kill(error);
      await child.ended.catch(() => undefined);
      throw error;
    }
  }
  await child.waitFor(child.ended);
  return { stdout, stderr: child.stderrTail() };
};
