import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { SipreelError } from '../errors/error.ts';
import { encodeFile } from '../recorder/encode/encode.ts';
import { resolveFfmpeg } from '../recorder/encode/ffmpeg-binary.ts';
import { formatKinds } from '../recorder/encode/formats.ts';
import { planRender } from '../recorder/encode/plan.ts';
import { renderSpool } from '../recorder/encode/render.ts';
import { heldRate } from '../recorder/encode/sound-rate.ts';
import { verifyFile } from '../recorder/encode/verify.ts';
import { type TrackName, tracksOf } from '../recorder/recording/parameters.ts';
import type { RecordingRecord } from '../recorder/recording/record.ts';
import { type SalvagedSpool, salvageSpool } from '../recorder/spool/salvage.ts';
import type { EncodeArguments } from './arguments.ts';
import { findSpool } from './find-spool.ts';
import { writeOutput } from './output-file.ts';
import { createProgress, type Progress } from './progress.ts';

/** `sipreel encode`: makes the file of a spool. Gives the exit code. */
export const encode = async (given: EncodeArguments): Promise<number> => {
  const dir = findSpool(given);
  const salvaged = await salvageSpool(dir);
  const problems = [...salvaged.problems];
  const record = recordFor(given, salvaged, problems);
  for (const problem of problems) process.stderr.write(`sipreel: ${problem}\n`);

  const { format } = record;
  const spool = { ...salvaged.spool, record };
  const plan = planRender(spool, await heldRate(dir, spool));
  const out = given.out ?? `${record.recording_id}.${formatKinds[format].extension}`;
  const progress = createProgress('encode');
  try {
    const path = await writeOutput(out, { force: given.force, spool: dir }, async (file) => {
      const pcm = watched(renderSpool(dir, spool, plan).pcm, plan.frames * plan.shape.channels, progress);
      const metadata = {
        recordingId: record.recording_id,
        callId: record.call_id,
        controlId: record.control_id,
        from: record.from,
        to: record.to,
        startTime: record.start_time,
      };
      await encodeFile({ file, format, shape: plan.shape, metadata, pcm, expected: plan.frames }, resolveFfmpeg);
      await verifyFile({ file, format, ...plan });
      // What is removed while it is read is silent in the file.
      if (!existsSync(dir)) {
        throw new SipreelError(
          'spool_missing',
          `${dir} was removed meanwhile: the server has made the recording's file`,
        );
      }
    });
    const answer = {
      file: path,
      format,
      channels: plan.shape.channels,
      sample_rate: plan.shape.sampleRate,
      duration_s: plan.frames / plan.shape.sampleRate,
      size: (await stat(path)).size,
      complete: spool.reason !== undefined,
      problems,
    };
    progress.end();
    process.stdout.write(`${given.json ? JSON.stringify(answer) : inWords(answer)}\n`);
    return 0;
  } finally {
    progress.end();
  }
};

/** The recording as the file is to have it. */
const recordFor = (given: EncodeArguments, salvaged: SalvagedSpool, problems: string[]): RecordingRecord => {
  const { record, entries } = salvaged.spool;
  const captured = tracksOf(record.direction);
  const direction = given.direction ?? record.direction;
  const missing = tracksOf(direction).filter((track) => !captured.includes(track));
  if (missing.length > 0) {
    throw new SipreelError('usage_invalid', `--direction ${direction}: only ${record.direction} was captured`);
  }
  const left = tracksOf(direction).filter((track) => !salvaged.broken.includes(track));
  const [only] = left;
  if (only === undefined) {
    throw new SipreelError('spool_unreadable', `of ${direction} nothing can be read: ${problems.join('; ')}`);
  }
  const reduced: TrackName | undefined = left.length < tracksOf(direction).length ? only : undefined;
  if (reduced !== undefined) problems.push(`the file has ${reduced} alone`);
  if (entries.length > 0 && salvaged.spool.reason === undefined) {
    problems.push('the recording has not ended, or its process died: the file ends with the last that was captured');
  }
  return {
    ...record,
    direction: reduced ?? direction,
    stereo: given.stereo ?? record.stereo,
    format: given.format ?? record.format,
  };
};

/** The sound as it passes, with what it comes to. */
async function* watched(
  pcm: AsyncGenerator<Int16Array, void, undefined>,
  samples: number,
  progress: Progress,
): AsyncGenerator<Int16Array, void, undefined> {
  let done = 0;
  for await (const chunk of pcm) {
    done += chunk.length;
    progress.at(done, samples);
    yield chunk;
  }
}

const inWords = (made: { file: string; format: string; channels: number; duration_s: number; size: number }): string =>
  `${made.file}: ${made.format}, ${made.channels === 2 ? 'stereo' : 'mono'}, ${made.duration_s.toFixed(3)} s, ${made.size} bytes`;
