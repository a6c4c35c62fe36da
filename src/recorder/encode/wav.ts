import type { InfoTag } from './metadata.ts';

/** What a WAV header needs to know of the sound that follows it. */
export interface WavShape {
  readonly channels: 1 | 2;
  /** Frames per second. */
  readonly sampleRate: number;
  /** Length of the PCM data in bytes. */
  readonly dataBytes: number;
  /** Metadata as LIST/INFO tags: four-letter name and text. */
  readonly info: readonly InfoTag[];
}

const bytesPerSample = 2;
/** The body of a ds64 chunk with an empty table (EBU Tech 3306, section 3.5): three 64-bit sizes and the table's length. */
const ds64Bytes = 28;
const largest32 = 0xffffffff;

const chunk = (name: string, body: Buffer): Buffer => {
  const header = Buffer.alloc(8);
  header.write(name, 0, 'latin1');
  header.writeUInt32LE(body.length, 4);
  // RIFF chunks begin at even offsets; the padding byte does not count in the chunk's size.
  return Buffer.concat([header, body, Buffer.alloc(body.length % 2)]);
};

const formatBody = ({ channels, sampleRate }: WavShape): Buffer => {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(1, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(sampleRate, 4);
  body.writeUInt32LE(sampleRate * channels * bytesPerSample, 8);
  body.writeUInt16LE(channels * bytesPerSample, 12);
  body.writeUInt16LE(bytesPerSample * 8, 14);
  return body;
};

const infoChunk = (info: readonly InfoTag[]): Buffer => {
  if (info.length === 0) return Buffer.alloc(0);
  const tags = info.map(({ name, text }) => chunk(name, Buffer.from(`${text}\0`, 'utf8')));
  return chunk('LIST', Buffer.concat([Buffer.from('INFO', 'latin1'), ...tags]));
};

/**
 * The header of a PCM16 WAV file, up to the first sample. A JUNK chunk holds the place of the ds64 chunk of RF64
 * (EBU Tech 3306), so that a file over 4 GiB gets a header of the same length, and the header can be patched in place.
 */
export const wavHeader = (shape: WavShape): Buffer => {
  const frameBytes = shape.channels * bytesPerSample;
  const format = chunk('fmt ', formatBody(shape));
  const info = infoChunk(shape.info);
  const headerBytes = 12 + 8 + ds64Bytes + format.length + info.length + 8;
  const riffBytes = headerBytes - 8 + shape.dataBytes;
  const is64 = riffBytes > largest32;

  const riff = Buffer.alloc(12);
  riff.write(is64 ? 'RF64' : 'RIFF', 0, 'latin1');
  riff.writeUInt32LE(is64 ? largest32 : riffBytes, 4);
  riff.write('WAVE', 8, 'latin1');

  const sizes = Buffer.alloc(ds64Bytes);
  if (is64) {
    sizes.writeBigUInt64LE(BigInt(riffBytes), 0);
    sizes.writeBigUInt64LE(BigInt(shape.dataBytes), 8);
    sizes.writeBigUInt64LE(BigInt(Math.floor(shape.dataBytes / frameBytes)), 16);
  }

  const data = Buffer.alloc(8);
  data.write('data', 0, 'latin1');
  data.writeUInt32LE(is64 ? largest32 : shape.dataBytes, 4);
  return Buffer.concat([riff, chunk(is64 ? 'ds64' : 'JUNK', sizes), format, info, data]);
};

/** What a WAV header says, as far as verification and playing need it. */
export interface WavFacts {
  readonly channels: number;
  readonly sampleRate: number;
  readonly bitsPerSample: number;
  /** Offset of the first sample in the file. */
  readonly dataOffset: number;
  readonly dataBytes: number;
  /** Size of the whole file, as the header states it. */
  readonly fileBytes: number;
}

/** Reads a WAV or RF64 header from the first bytes of a file; undefined if they are none or the data chunk is not among them. */
export const readWavHeader = (head: Buffer): WavFacts | undefined => {
  if (head.length < 12 || head.toString('latin1', 8, 12) !== 'WAVE') return undefined;
  const form = head.toString('latin1', 0, 4);
  if (form !== 'RIFF' && form !== 'RF64') return undefined;
  let fileBytes = head.readUInt32LE(4) + 8;
  let dataBytes64: number | undefined;
  let format: { channels: number; sampleRate: number; bitsPerSample: number } | undefined;
  for (let offset = 12; offset + 8 <= head.length; ) {
    const name = head.toString('latin1', offset, offset + 4);
    const size = head.readUInt32LE(offset + 4);
    const body = offset + 8;
    if (name === 'data') {
      if (format === undefined) return undefined;
      return { ...format, dataOffset: body, dataBytes: dataBytes64 ?? size, fileBytes };
    }
    if (body + size > head.length) return undefined;
    if (name === 'ds64' && form === 'RF64' && size >= ds64Bytes) {
      fileBytes = Number(head.readBigUInt64LE(body)) + 8;
      dataBytes64 = Number(head.readBigUInt64LE(body + 8));
    }
    if (name === 'fmt ' && size >= 16) {
      format = {
        channels: head.readUInt16LE(body + 2),
        sampleRate: head.readUInt32LE(body + 4),
        bitsPerSample: head.readUInt16LE(body + 14),
      };
    }
    offset = body + size + (size % 2);
  }
  return undefined;
};
