import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc16 } from '../../../src/recorder/encode/crc16.ts';
import { readMp3Header, splitAdts, splitMp3 } from '../../../src/recorder/encode/frames.ts';
import { id3Bytes, id3Tag } from '../../../src/recorder/encode/id3.ts';
import { infoFrame, readInfoFrame } from '../../../src/recorder/encode/info-frame.ts';
import { aacFrames, mp4Index } from '../../../src/recorder/encode/mp4-index.ts';
import { verifyFile } from '../../../src/recorder/encode/verify.ts';

const metadata = {
  recordingId: 'r1',
  callId: 'c1',
  controlId: 'k1',
  from: 'Zoë Ω',
  to: '+15550101',
  startTime: 1_767_225_600.5,
};

/** An MP3 frame of zeroes: version and sample rate by their bits, 32 kbit/s a channel or what has this index. */
const mp3Frame = (version: 3 | 2 | 0, rateBits: number, channels: 1 | 2, index = channels === 1 ? 4 : 8): Buffer => {
  const header = Buffer.from([
    0xff,
    0xe0 | (version << 3) | 3,
    (index << 4) | (rateBits << 2),
    channels === 1 ? 0xc0 : 0,
  ]);
  const length = readMp3Header(header, 0)?.length ?? 0;
  return Buffer.concat([header, Buffer.alloc(length - 4)]);
};

test('CRC-16/ARC has its check value', () => {
  expect(crc16(Buffer.from('123456789'))).toBe(0xbb3d);
  expect(crc16(Buffer.from('6789'), crc16(Buffer.from('12345')))).toBe(0xbb3d);
});

test.each([
  [0, 2, 1, 8000, 288],
  [0, 2, 2, 8000, 576],
  [2, 2, 1, 16_000, 144],
  [2, 1, 2, 24_000, 192],
  [3, 1, 2, 48_000, 336],
] as const)('an MP3 frame of version %i and rate bits %i with %i channels is one of %i Hz and %i bytes', (...row) => {
  const [version, rateBits, channels, sampleRate, length] = row;
  const frame = mp3Frame(version, rateBits, channels);
  expect(readMp3Header(frame, 0)).toMatchObject({ version, sampleRate, channels, length });
  expect(splitMp3(Buffer.concat([frame, frame]), { sampleRate, channels })).toEqual([frame, frame]);
});

test.each([
  ['cut', (bytes: Buffer) => bytes.subarray(0, -1)],
  ['with something between its frames', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x'), bytes])],
  ['with one of another rate', (bytes: Buffer) => Buffer.concat([bytes, mp3Frame(2, 2, 1)])],
  ['with one of two channels', (bytes: Buffer) => Buffer.concat([bytes, mp3Frame(0, 2, 2)])],
  ['that is none', () => Buffer.from('RIFF')],
] as const)('a stream %s is not taken for frames', (_what, spoil) => {
  expect(splitMp3(spoil(mp3Frame(0, 2, 1)), { sampleRate: 8000, channels: 1 })).toBeUndefined();
  expect(splitAdts(spoil(mp3Frame(0, 2, 1)), { sampleRate: 8000, channels: 1 })).toBeUndefined();
});

test('an Info frame is a whole frame like the others, and says what it was given', () => {
  const kinds = fc.constantFrom(
    ...([3, 2, 0] as const).flatMap((version) =>
      ([0, 1, 2] as const).flatMap((rate) => ([1, 2] as const).map((channels) => ({ version, rate, channels }))),
    ),
  );
  const facts = fc.record({
    frames: fc.nat(2 ** 31 - 1),
    bytes: fc.nat(2 ** 31 - 1),
    delay: fc.nat(4095),
    padding: fc.nat(4095),
  });
  fc.assert(
    fc.property(kinds, fc.integer({ min: 1, max: 14 }), facts, ({ version, rate, channels }, index, said) => {
      const like = mp3Frame(version, rate, channels, index);
      const frame = infoFrame(like, said, 0x1234);
      const header = readMp3Header(frame, 0);
      expect(header).toMatchObject({ length: frame.length, version, channels });
      expect(header?.sampleRate).toBe(readMp3Header(like, 0)?.sampleRate);
      expect(readInfoFrame(frame)).toMatchObject(said);
      expect(infoFrame(like, { ...said, frames: 1 }, 0).length).toBe(frame.length);
    }),
  );
});

test('an ID3 tag says how long it is, and who called', () => {
  const tag = id3Tag(metadata);
  expect(id3Bytes(tag)).toBe(tag.length);
  expect(tag.includes(Buffer.from('Zoë Ω', 'utf16le'))).toBe(true);
  for (const name of ['TIT2', 'TPE1', 'TYER', 'TDAT', 'TIME', 'COMM']) expect(tag.includes(name)).toBe(true);
  expect(id3Bytes(Buffer.from('RIFF'))).toBe(0);
  const bare = id3Tag({ ...metadata, from: '', startTime: Number.NaN });
  expect(bare.includes('TYER')).toBe(false);
  expect(id3Bytes(bare)).toBe(bare.length);
});

test('the index of an MP4 is as long as the number of frames makes it, wherever the data lies below 4 GiB', () => {
  const shape = { sampleRate: 8000, channels: 2 } as const;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(3000), fc.nat(2 ** 31), (count, size, offset) => {
      const sizes = new Uint32Array(count).fill(size);
      const one = mp4Index({ shape, metadata, samples: count * 1024 - 1024, sizes, offset });
      const other = mp4Index({ shape, metadata, samples: 1, sizes: new Uint32Array(count), offset: 0 });
      // Where the last frame is cut, it has a line of its own.
      expect(Math.abs(one.length - other.length)).toBeLessThanOrEqual(8);
      expect(one.readUInt32BE(0)).toBe(one.length);
    }),
  );
});

test('chunks beyond 4 GiB have offsets of 64 bits', () => {
  const shape = { sampleRate: 8000, channels: 2 } as const;
  const sizes = new Uint32Array(200).fill(1000);
  const index = (offset: number) => mp4Index({ shape, metadata, samples: 200 * 1024 - 1024, sizes, offset });
  expect(index(1000).includes('stco')).toBe(true);
  expect(index(2 ** 32).includes('co64')).toBe(true);
});

test.each([
  [1, 2],
  [1024, 2],
  [1025, 3],
  [480_000, 470],
])('%i samples are %i frames of AAC', (samples, frames) => {
  expect(aacFrames(samples)).toBe(frames);
});

test.each([1e9, 5e9])('an MP3 file of %d bytes is proven to be whole', async (size) => {
  const folder = await mkdtemp(join(tmpdir(), 'sipreel-mp3-'));
  const file = join(folder, 'long.mp3');
  try {
    const tag = id3Tag(metadata);
    const facts = { frames: 10_000, bytes: size - tag.length, delay: 576, padding: 576 };
    await writeFile(file, Buffer.concat([tag, infoFrame(mp3Frame(0, 2, 1), facts, 0)]));
    await truncate(file, size);
    const expected = { file, format: 'mp3', shape: { channels: 1, sampleRate: 8000 } } as const;
    await verifyFile({ ...expected, frames: 10_000 * 576 - 1152 });
    await expect(verifyFile({ ...expected, frames: 10_000 * 576 })).rejects.toThrow('frames');
  } finally {
    await rm(folder, { recursive: true });
  }
});
