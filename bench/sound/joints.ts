import { join } from 'node:path';
import { createGrowingFile } from '../../src/recorder/encode/encode.ts';
import { resolveFfmpeg } from '../../src/recorder/encode/ffmpeg-binary.ts';
import type { Format } from '../../src/recorder/recording/parameters.ts';
import { decode } from '../../test/kit/files.ts';
import { phaseOf } from '../../test/sound/phase.ts';
import type { Chapter, Kept } from './promise.ts';

const shape = { sampleRate: 8000, channels: 1 } as const;
const metadata = { recordingId: 'r', callId: 'c', controlId: 'k', from: '', to: '', startTime: 1_700_000_000 };
const seconds = 60;
const pieceMs = 3000;
const hz = 1000.7;
const turns = hz / shape.sampleRate;
const window = 400;

/** A file that is made in pieces of 3 s while its recording lasts. */
const makeInPieces = async (file: string, format: Format, pcm: Int16Array): Promise<void> => {
  const growing = await createGrowingFile({ file, format, shape, metadata, pieceMs }, resolveFfmpeg);
  try {
    for (let at = 0; at < pcm.length; at += shape.sampleRate) {
      await growing.write(pcm.slice(at, at + shape.sampleRate));
    }
    growing.hurry();
    await growing.finish();
  } finally {
    await growing.close();
  }
};

/** How far the phase of a sine strays from where it began, us, and its level, dB, over the whole file. */
const strayOf = (samples: Int16Array, frames: number): { readonly us: number; readonly db: number } => {
  const usual = phaseOf(samples, window, 10 * window, turns);
  let us = 0;
  let db = 0;
  for (let from = window; from + window < frames; from += window / 4) {
    const { phase, level } = phaseOf(samples, from, window, turns);
    us = Math.max(us, (Math.abs(phase - usual.phase) / (2 * Math.PI * hz)) * 1e6);
    db = Math.max(db, Math.abs(20 * Math.log10(level / usual.level)));
  }
  return { us, db };
};

/** What is left of a joint in a file that is made in pieces. */
export const jointChapter: Chapter = {
  title: 'Joints of files that are made in pieces',
  async measure(folder) {
    const frames = seconds * shape.sampleRate;
    const pcm = Int16Array.from({ length: frames }, (_, i) => 12_000 * Math.cos(2 * Math.PI * turns * i));
    const rows: Kept[] = [];
    for (const format of ['wav', 'mp3', 'mp4'] as const) {
      const file = join(folder, `sine.${format}`);
      await makeInPieces(file, format, pcm);
      const [samples = new Int16Array()] = (await decode(file)).channels;
      const { us, db } = strayOf(samples, frames);
      const limitUs = 2;
      rows.push({
        promise: `${format}: a sine across ${(seconds * 1000) / pieceMs - 1} joints keeps its phase and level`,
        limit: `${limitUs} us, 0.1 dB`,
        measured: `${us.toFixed(2)} us, ${db.toFixed(3)} dB`,
        kept: us <= limitUs && db <= 0.1,
      });
    }
    return rows;
  },
};
