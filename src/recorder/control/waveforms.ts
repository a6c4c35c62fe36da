import { createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SipreelError } from '../../errors/error.ts';
import { decodeToPcm } from '../encode/decode.ts';
import { type FfmpegOptions, resolveFfmpeg } from '../encode/ffmpeg-binary.ts';
import type { RecordingRecord } from '../recording/record.ts';
import { unknownRecording } from '../registry/record-steps.ts';
import type { Registry } from '../registry/registry.ts';
import type { SoundFacts } from '../registry/sound-facts.ts';
import type { Storage } from '../storage/storage.ts';
import { createPeakFinder } from '../track/peaks.ts';
import type { Mailbox } from './mailbox.ts';

export interface WaveformsOptions {
  readonly registry: Pick<Registry, 'get'>;
  readonly facts: Pick<SoundFacts, 'waveform' | 'keepWaveform'>;
  readonly mailbox: Pick<Mailbox, 'handle' | 'ask'>;
  /** Where files are that are not on a disk. */
  readonly storage: Pick<Storage, 'read'>;
  readonly ffmpeg: FfmpegOptions;
  readonly nodeId: string;
}

/** The waveforms of finished recordings: found once, by the node that has the file, and kept with the record. */
export interface Waveforms {
  /**
   * For each channel its parts, 0 to 255.
   * @throws SipreelError recording_unknown, recording_in_progress, recording_failed, node_gone, ffmpeg_missing, ffmpeg_failed
   */
  of(recordingId: string): Promise<readonly (readonly number[])[]>;
}

const parts = 800;
const sampleRate = 8_000;
/** An hour takes a second or two. */
const withinMs = 60_000;

/** A byte for each part, one channel after the other. */
const write = (peaks: readonly (readonly number[])[]): string => Buffer.from(peaks.flat()).toString('base64');

const read = (text: string): readonly (readonly number[])[] => {
  const bytes = [...Buffer.from(text, 'base64')];
  const channels = Math.max(1, Math.round(bytes.length / parts));
  return Array.from({ length: channels }, (_, channel) => bytes.slice(channel * parts, (channel + 1) * parts));
};

export const createWaveforms = (options: WaveformsOptions): Waveforms => {
  const { registry, facts, mailbox, storage, ffmpeg, nodeId } = options;
  /** One at a time, so that people who look cost calls nothing; each once, whoever asks. */
  let last: Promise<unknown> = Promise.resolve();
  const underWay = new Map<string, Promise<string>>();

  const decode = async (file: string, { channels = 1, duration = 0 }: RecordingRecord): Promise<string> => {
    const finder = createPeakFinder(duration * sampleRate, channels, parts);
    const binaries = await resolveFfmpeg(ffmpeg);
    for await (const samples of decodeToPcm({ file, sampleRate, channels, ffmpeg: binaries.ffmpeg }))
      finder.push(samples);
    return write(finder.peaks());
  };

  const find = async (record: RecordingRecord): Promise<string> => {
    const file = record.file ?? '';
    if (isAbsolute(file)) return decode(file, record);
    const folder = await mkdtemp(join(tmpdir(), 'sipreel-waveform-'));
    try {
      const copy = join(folder, 'sound');
      await pipeline(await storage.read(file), createWriteStream(copy, { mode: 0o600 }));
      return await decode(copy, record);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  const findOnce = (record: RecordingRecord): Promise<string> => {
    const id = record.recording_id;
    const known = underWay.get(id);
    if (known !== undefined) return known;
    const found = last.then(() => find(record)).finally(() => underWay.delete(id));
    underWay.set(id, found);
    last = found.catch(() => undefined); // Whoever asked has the error.
    return found;
  };

  const withFile = async (recordingId: string): Promise<RecordingRecord> => {
    const record = await registry.get(recordingId);
    if (record === undefined) {
      throw unknownRecording(recordingId);
    }
    if (record.file !== undefined) return record;
    if (record.state === 'error' || record.state === 'no_input') {
      throw new SipreelError('recording_failed', `recording ${recordingId} has no file`);
    }
    throw new SipreelError('recording_in_progress', `recording ${recordingId} is not finished yet`);
  };

  const here = async (record: RecordingRecord): Promise<string> => {
    const id = record.recording_id;
    const file = record.file ?? '';
    if (isAbsolute(file) && !existsSync(file)) {
      throw new SipreelError('recording_failed', `the file of recording ${id} is gone`);
    }
    const found = await findOnce(record);
    await facts.keepWaveform(id, found);
    return found;
  };

  mailbox.handle('recording.waveform', async ({ recording_id }) => here(await withFile(String(recording_id))));

  return {
    async of(recordingId) {
      const kept = await facts.waveform(recordingId);
      if (kept !== undefined) return read(kept);
      const record = await withFile(recordingId);
      const file = record.file ?? '';
      const reached = record.node_id === nodeId || !isAbsolute(file) || existsSync(file);
      const found = reached
        ? await here(record)
        : await mailbox.ask(
            record.node_id,
            'recording.waveform',
            { recording_id: recordingId },
            { timeoutMs: withinMs },
          );
      return read(String(found));
    },
  };
};
