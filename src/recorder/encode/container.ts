import type { FileHandle } from 'node:fs/promises';
import type { Format } from '../recording/parameters.ts';
import { frameSamples } from './formats.ts';
import { id3Bytes } from './id3.ts';
import { mostInfoBytes, readInfoFrame } from './info-frame.ts';
import { readWavHeader } from './wav.ts';

/** What a file of ours states of itself. */
export interface ContainerFacts {
  /** Bytes that it has to have as a whole. */
  readonly bytes: number;
  /** Frames of sound that play, exactly. */
  readonly frames: number;
  readonly sampleRate: number;
  readonly channels: number;
}

/** More than any of our headers, but for the index of an MP4, of which the begin has all that is read. */
const headBytes = 16_384;

const readHead = async (handle: FileHandle, position: number): Promise<Buffer> => {
  const head = Buffer.alloc(headBytes);
  const { bytesRead } = await handle.read(head, 0, headBytes, position);
  return head.subarray(0, bytesRead);
};

const wavFacts = async (handle: FileHandle): Promise<ContainerFacts | undefined> => {
  const facts = readWavHeader(await readHead(handle, 0));
  if (facts === undefined || facts.bitsPerSample !== 16) return undefined;
  const { channels, sampleRate, dataOffset, dataBytes, fileBytes } = facts;
  if (dataOffset + dataBytes !== fileBytes) return undefined;
  return { bytes: fileBytes, frames: dataBytes / (2 * channels), sampleRate, channels };
};

const mp3Facts = async (handle: FileHandle): Promise<ContainerFacts | undefined> => {
  const tag = id3Bytes(await readHead(handle, 0));
  const info = readInfoFrame(await readHead(handle, tag));
  if (info === undefined) return undefined;
  const { sampleRate, channels } = info;
  const frames = info.frames * frameSamples('mp3', sampleRate) - info.delay - info.padding;
  // The field ends at 4 GiB, which is a week of stereo: of more than that, the number of frames has to do.
  const bytes = info.bytes < mostInfoBytes ? tag + info.bytes : (await handle.stat()).size;
  return { bytes, frames, sampleRate, channels };
};

interface Box {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

const boxAt = (bytes: Buffer, at: number, base = 0): (Box & { readonly body: number }) | undefined => {
  if (at + 16 > bytes.length) return undefined;
  const name = bytes.toString('latin1', at + 4, at + 8);
  const short = bytes.readUInt32BE(at);
  const length = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short;
  if (length < 8) return undefined;
  return { name, begin: base + at, end: base + at + length, body: at + (short === 1 ? 16 : 8) };
};

/** The first box of a name, looked for in those that lead to it. */
const findBox = (bytes: Buffer, path: readonly string[], from: number): number | undefined => {
  const [name, ...rest] = path;
  for (let at = from; ; ) {
    const found = boxAt(bytes, at);
    if (found === undefined) return undefined;
    if (found.name === name) return rest.length === 0 ? found.body : findBox(bytes, rest, found.body);
    at = found.end;
  }
};

const mp4Facts = async (handle: FileHandle): Promise<ContainerFacts | undefined> => {
  let movie: Buffer | undefined;
  for (let at = 0; ; ) {
    const head = await readHead(handle, at);
    const box = boxAt(head, 0, at);
    if (box === undefined) return undefined;
    if (box.name === 'moov') movie = head;
    if (box.name === 'mdat') {
      const times = movie && findBox(movie, ['moov', 'mvhd'], 0);
      const codec = movie && findBox(movie, ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd'], 0);
      if (movie === undefined || times === undefined || codec === undefined) return undefined;
      // Version, number of entries, header of the first, and its fields up to there.
      const channels = movie.readUInt16BE(codec + 4 + 4 + 8 + 16);
      const isLong = movie[times] === 1;
      const sampleRate = movie.readUInt32BE(times + (isLong ? 20 : 12));
      const frames = isLong ? Number(movie.readBigUInt64BE(times + 24)) : movie.readUInt32BE(times + 16);
      return { bytes: box.end, frames, sampleRate, channels };
    }
    at = box.end;
  }
};

const readers: Readonly<Record<Format, (handle: FileHandle) => Promise<ContainerFacts | undefined>>> = {
  wav: wavFacts,
  mp3: mp3Facts,
  mp4: mp4Facts,
};

/** Reads what a file of ours states; undefined if it is none. What it costs does not grow with the file. */
export const readContainer = (format: Format, handle: FileHandle): Promise<ContainerFacts | undefined> =>
  readers[format](handle);
