import type { PcmShape } from './formats.ts';
import { aacConfig } from './frames.ts';
import { type FileMetadata, tagsOf } from './metadata.ts';
import * as boxes from './mp4-boxes.ts';

/** What an MP4 file's index tells of its AAC frames. */
export interface Mp4Sound {
  readonly shape: PcmShape;
  readonly metadata: FileMetadata;
  /** Samples of a channel that are heard. */
  readonly samples: number;
  /** Bytes of each frame, all without gaps from `offset` on. */
  readonly sizes: Uint32Array;
  readonly offset: number;
}

/** Samples in a frame of AAC. */
export const aacFrameSamples = 1024;
/** Samples that the encoder puts before the sound. */
const delay = 1024;
/** Frames that stand in the index as one chunk: 8 s at 8 kHz. */
const chunkFrames = 64;
/** 1970 in seconds since 1904. */
const epochOffset = 2_082_844_800;

const tagNames: ReadonlyMap<string, string> = new Map([
  ['title', '\xa9nam'],
  ['artist', '\xa9ART'],
  ['date', '\xa9day'],
  ['comment', '\xa9cmt'],
]);

/** AAC frames that it takes for so many samples. */
export const aacFrames = (samples: number): number => Math.ceil((samples + delay) / aacFrameSamples);

const durations = (count: number, encoded: number): Buffer => {
  const last = encoded - (count - 1) * aacFrameSamples;
  const runs =
    last === aacFrameSamples
      ? [[count, aacFrameSamples]]
      : [
          [count - 1, aacFrameSamples],
          [1, last],
        ];
  const kept = runs.filter(([frames]) => frames !== 0);
  return boxes.fullBox('stts', 0, 0, boxes.uint32s(kept.length, ...kept.flat()));
};

const chunks = (count: number): Buffer => {
  const whole = Math.floor(count / chunkFrames);
  const left = count % chunkFrames;
  const runs = [...(whole > 0 ? [1, chunkFrames, 1] : []), ...(left > 0 ? [whole + 1, left, 1] : [])];
  return boxes.fullBox('stsc', 0, 0, boxes.uint32s(runs.length / 3, ...runs));
};

const chunkOffsets = (sizes: Uint32Array, offset: number): Buffer => {
  const offsets: number[] = [];
  let at = offset;
  for (const [index, size] of sizes.entries()) {
    if (index % chunkFrames === 0) offsets.push(at);
    at += size;
  }
  const count = boxes.uint32s(offsets.length);
  return at > 0xffffffff
    ? boxes.fullBox('co64', 0, 0, count, ...offsets.map(boxes.uint64))
    : boxes.fullBox('stco', 0, 0, count, boxes.uint32s(...offsets));
};

const sizeTable = (sizes: Uint32Array): Buffer => {
  const table = Buffer.from(sizes.buffer.slice(sizes.byteOffset, sizes.byteOffset + sizes.byteLength));
  return boxes.fullBox('stsz', 0, 0, boxes.uint32s(0, sizes.length), table.swap32());
};

/** The index of an MP4 file: its `moov` box. Its length follows from the number of frames alone, below 4 GiB. */
export const mp4Index = ({ shape, metadata, samples, sizes, offset }: Mp4Sound): Buffer => {
  const { channels, sampleRate } = shape;
  const created = Number.isFinite(metadata.startTime) ? Math.round(metadata.startTime) + epochOffset : 0;
  const times = { created, sampleRate, heard: samples, encoded: samples + delay };
  let bytes = 0;
  let largest = 0;
  for (const size of sizes) {
    bytes += size;
    largest = Math.max(largest, size);
  }
  const rates = {
    buffer: largest,
    most: Math.round((largest * 8 * sampleRate) / aacFrameSamples),
    average: Math.round((bytes * 8 * sampleRate) / (sizes.length * aacFrameSamples)),
  };
  const table = boxes.box(
    'stbl',
    boxes.aacSampleEntry(channels, sampleRate, aacConfig(shape), rates),
    durations(sizes.length, times.encoded),
    chunks(sizes.length),
    sizeTable(sizes),
    chunkOffsets(sizes, offset),
  );
  const media = boxes.box(
    'mdia',
    boxes.mediaHeader(times),
    boxes.handler('soun', '', 'SoundHandler'),
    boxes.box('minf', boxes.fullBox('smhd', 0, 0, boxes.uint32s(0)), boxes.dataInformation(), table),
  );
  const tags = [...tagsOf(metadata)].flatMap(([name, text]) => {
    const boxName = tagNames.get(name);
    return boxName === undefined ? [] : [[boxName, text] as const];
  });
  const track = boxes.box('trak', boxes.trackHeader(times), boxes.editList(times), media);
  return boxes.box('moov', boxes.movieHeader(times), track, boxes.tagList(tags));
};
