import { setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import { giveTo } from '../encode/ffmpeg.ts';
import { startFfmpeg } from '../encode/ffmpeg-process.ts';
import { encodeArguments, type PcmShape } from '../encode/formats.ts';
import { bytesOf } from '../encode/growing-file.ts';
import { wavHeader } from '../encode/wav.ts';
import type { LiveSound } from './live-sound.ts';

/** What a recording in progress can be heard as. */
export type LiveFormat = 'wav' | 'mp3';

/** Listeners wait behind calls and capture. */
const niceness = 5;

/** Lets a thread that makes live sound wait behind others: on Linux, the priority is that of the thread. */
export const giveWay = (): void => {
  try {
    setPriority(0, niceness);
  } catch {
    // The system forbids it: then it runs like all others.
  }
};

/** A header of a length that is not known: players go on to the end of the stream. */
const endlessHeader = (shape: PcmShape): Buffer => {
  const header = wavHeader({ ...shape, dataBytes: 0, info: [] });
  header.writeUInt32LE(0xffffffff, 4);
  header.writeUInt32LE(0xffffffff, header.length - 4);
  return header;
};

async function* wavBytes(sound: LiveSound): AsyncGenerator<Uint8Array, void, undefined> {
  yield endlessHeader(sound.shape);
  for (let pcm = await sound.next(); pcm !== undefined; pcm = await sound.next()) yield bytesOf(pcm).slice();
}

/** ffmpeg reads and writes at once what it gets, instead of waiting for more. */
const promptly = (args: readonly string[]): readonly string[] => {
  const input = args.indexOf('-f');
  const output = args.length - 1;
  return [
    ...args.slice(0, input),
    ...['-probesize', '32', '-analyzeduration', '0', '-fflags', 'nobuffer'],
    ...args.slice(input, output),
    ...['-flush_packets', '1'],
    ...args.slice(output),
  ];
};

async function* mp3Bytes(sound: LiveSound, program: string): AsyncGenerator<Uint8Array, void, undefined> {
  const args = promptly(encodeArguments('mp3', sound.shape));
  const child = startFfmpeg({ program, args, writes: true, reads: true, niceness: 2 * niceness });
  const feed = async (): Promise<void> => {
    for (let pcm = await sound.next(); pcm !== undefined; pcm = await sound.next()) await giveTo(child, bytesOf(pcm));
    child.stdin?.end();
  };
  // Whoever listens slowly makes ffmpeg wait, and that makes us wait: nothing is kept.
  const fed = feed().catch((error: unknown) => child.kill(error));
  try {
    for await (const bytes of child.stdout as Readable) yield bytes as Buffer;
    await child.ended;
  } finally {
    child.kill(new Error('nobody listens any more'));
    await fed;
    await child.ended.catch(() => undefined);
  }
}

/** A recording's sound as a stream of bytes. `ffmpeg` is the absolute path of the program, for MP3. */
export const liveBytes = (sound: LiveSound, format: LiveFormat, ffmpeg: string): AsyncGenerator<Uint8Array> =>
  format === 'wav' ? wavBytes(sound) : mp3Bytes(sound, ffmpeg);
