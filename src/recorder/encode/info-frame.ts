import { crc16 } from './crc16.ts';
import { readMp3Header, roomyMp3Frame } from './frames.ts';

/** What the Info frame of an MP3 file says of the frames after it. */
export interface Mp3Facts {
  /** Frames of sound. */
  readonly frames: number;
  /** Bytes of all frames, the Info frame too. */
  readonly bytes: number;
  /** Samples that the encoder has put before the sound, and after it; a player leaves them out. */
  readonly delay: number;
  readonly padding: number;
}

/** Bytes of the tag after the side information: Xing's part, and LAME's. */
const tagBytes = 156;
const tocEntries = 100;
/** What is said of more bytes than the field has room for. */
export const mostInfoBytes = 0xffffffff;

const sideInfoBytes = ({ version, channels }: { version: number; channels: 1 | 2 }): number =>
  version === 3 ? (channels === 2 ? 32 : 17) : channels === 2 ? 17 : 9;

/**
 * The frame in front of an MP3 file of constant bit rate that states its length, so that players can seek, and the samples
 * that are no sound, so that they leave them out: Xing's header with LAME's extension. It is silence to players that don't
 * know it. `like` is a frame of the sound; `musicCrc` is the CRC-16 of them all. The length depends on `like` alone.
 */
export const infoFrame = (like: Buffer, facts: Mp3Facts, musicCrc: number): Buffer => {
  const header = readMp3Header(like, 0);
  const at = header === undefined ? 0 : 4 + sideInfoBytes(header);
  const room = header === undefined ? undefined : roomyMp3Frame(header, at + tagBytes);
  if (header === undefined || room === undefined)
    throw new TypeError('not a frame that an Info frame can be made like');
  const frame = Buffer.alloc(room.length);
  like.copy(frame, 0, 0, 4);
  // No CRC, this bit rate, no padding; the rest of the header as it is.
  frame[1] = (frame[1] ?? 0) | 1;
  frame[2] = (room.index << 4) | ((frame[2] ?? 0) & 0x0c);
  frame.write('Info', at, 'latin1');
  frame.writeUInt32BE(0x0f, at + 4);
  frame.writeUInt32BE(facts.frames, at + 8);
  const bytes = Math.min(facts.bytes, mostInfoBytes);
  frame.writeUInt32BE(bytes, at + 12);
  for (let i = 0; i < tocEntries; i++) frame[at + 16 + i] = Math.floor((i * 256) / tocEntries);
  // Decoders believe delay and padding of encoders that they know.
  frame.write('Lavc', at + 120, 'latin1');
  frame[at + 129] = 1;
  frame[at + 140] = Math.min(255, header.bitRate);
  frame.writeUIntBE((facts.delay << 12) | facts.padding, at + 141, 3);
  frame.writeUInt32BE(bytes, at + 148);
  frame.writeUInt16BE(musicCrc, at + 152);
  frame.writeUInt16BE(crc16(frame.subarray(0, at + 154)), at + 154);
  return frame;
};

/** Reads an Info frame at the begin of `bytes`; undefined if there is none. */
export const readInfoFrame = (bytes: Buffer): (Mp3Facts & { sampleRate: number; channels: 1 | 2 }) | undefined => {
  const header = readMp3Header(bytes, 0);
  if (header === undefined) return undefined;
  const at = 4 + sideInfoBytes(header);
  if (bytes.length < at + tagBytes || bytes.toString('latin1', at, at + 4) !== 'Info') return undefined;
  const around = bytes.readUIntBE(at + 141, 3);
  return {
    frames: bytes.readUInt32BE(at + 8),
    bytes: bytes.readUInt32BE(at + 12),
    delay: around >> 12,
    padding: around & 0xfff,
    sampleRate: header.sampleRate,
    channels: header.channels,
  };
};
