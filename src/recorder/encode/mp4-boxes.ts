/** The boxes of an MP4 file (ISO/IEC 14496-12) that hold one track of AAC, as bytes. */

/** Numbers of 32 bits, one after the other. */
export const uint32s = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * index);
  return bytes;
};

/** A number of 64 bits. */
export const uint64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

/** A box: its length, its name of four letters (Latin-1), what is in it. */
export const box = (name: string, ...content: readonly Uint8Array[]): Buffer => {
  const header = Buffer.alloc(8);
  header.write(name, 4, 'latin1');
  const whole = Buffer.concat([header, ...content]);
  whole.writeUInt32BE(whole.length, 0);
  return whole;
};

/** A box with a version and flags. */
export const fullBox = (name: string, version: number, flags: number, ...content: readonly Uint8Array[]): Buffer =>
  box(name, uint32s((version << 24) | flags), ...content);

const matrix = uint32s(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

/** Version 0 has times of 32 bits, version 1 of 64: creation, modification, then what `between` says, then the duration. */
const times = (version: number, created: number, between: readonly Buffer[], duration: number): readonly Buffer[] => {
  const number = version === 1 ? uint64 : uint32s;
  return [number(created), number(created), ...between, number(duration)];
};

/** What the headers of movie, track and media say; times are in ticks of the sample rate. */
export interface Times {
  /** Seconds since 1904. */
  readonly created: number;
  readonly sampleRate: number;
  /** Samples that are heard. */
  readonly heard: number;
  /** Samples that are encoded, those before the sound with them. */
  readonly encoded: number;
}

const versionFor = ({ encoded }: Times): 0 | 1 => (encoded > 0xffffffff ? 1 : 0);

export const movieHeader = (of: Times): Buffer => {
  const version = versionFor(of);
  const fixed = [uint32s(0x10000, 0x01000000, 0, 0), matrix, Buffer.alloc(24), uint32s(2)];
  return fullBox('mvhd', version, 0, ...times(version, of.created, [uint32s(of.sampleRate)], of.heard), ...fixed);
};

export const trackHeader = (of: Times): Buffer => {
  const version = versionFor(of);
  const fixed = [Buffer.alloc(8), uint32s(0, 0x01000000), matrix, Buffer.alloc(8)];
  // Enabled, in the movie, in the preview.
  return fullBox('tkhd', version, 7, ...times(version, of.created, [uint32s(1, 0)], of.heard), ...fixed);
};

/** What is heard begins after the samples that the encoder has put before it. */
export const editList = (of: Times): Buffer => {
  const version = versionFor(of);
  const number = version === 1 ? uint64 : uint32s;
  const skipped = of.encoded - of.heard;
  return box('edts', fullBox('elst', version, 0, uint32s(1), number(of.heard), number(skipped), uint32s(0x10000)));
};

const undetermined = 0x55c4;

export const mediaHeader = (of: Times): Buffer => {
  const version = versionFor(of);
  const fields = times(version, of.created, [uint32s(of.sampleRate)], of.encoded);
  return fullBox('mdhd', version, 0, ...fields, uint32s(undetermined << 16));
};

export const handler = (type: string, manufacturer: string, name: string): Buffer =>
  fullBox(
    'hdlr',
    0,
    0,
    uint32s(0),
    Buffer.from(type + manufacturer.padEnd(12, '\0') + name, 'latin1'),
    Buffer.alloc(1),
  );

/** The data is in this file. */
export const dataInformation = (): Buffer => box('dinf', fullBox('dref', 0, 0, uint32s(1), fullBox('url ', 0, 1)));

const descriptor = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(content);
  // A length of four bytes, seven bits in each, as most writers have it.
  const header = Buffer.from([tag, 0x80, 0x80, 0x80, body.length]);
  return Buffer.concat([header, body]);
};

/** AAC with its decoder's configuration (ISO/IEC 14496-1, section 7.2.6, and 14496-14). Rates in bit/s, the buffer in bytes. */
export const aacSampleEntry = (
  channels: number,
  sampleRate: number,
  config: Buffer,
  rates: { readonly buffer: number; readonly most: number; readonly average: number },
): Buffer => {
  const buffer = uint32s(rates.buffer);
  const decoder = descriptor(
    4,
    Buffer.from([0x40, 0x15]),
    buffer.subarray(1),
    uint32s(rates.most, rates.average),
    descriptor(5, config),
  );
  const stream = descriptor(3, Buffer.from([0, 1, 0]), decoder, descriptor(6, Buffer.from([2])));
  const entry = Buffer.alloc(28);
  entry.writeUInt16BE(1, 6);
  entry.writeUInt16BE(channels, 16);
  entry.writeUInt16BE(16, 18);
  entry.writeUInt32BE((sampleRate << 16) >>> 0, 24);
  return fullBox('stsd', 0, 0, uint32s(1), box('mp4a', entry, fullBox('esds', 0, 0, stream)));
};

/** What is to be known of a file, by the names that players of Apple's and most others look for. */
export const tagList = (tags: readonly (readonly [name: string, text: string])[]): Buffer => {
  const utf8 = 1;
  const items = tags.map(([name, text]) => box(name, box('data', uint32s(utf8, 0), Buffer.from(text, 'utf8'))));
  return box('udta', fullBox('meta', 0, 0, handler('mdir', 'appl', ''), box('ilst', ...items)));
};
