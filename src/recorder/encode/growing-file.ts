import type { PcmShape } from './formats.ts';
import type { FileMetadata } from './metadata.ts';

/** A file of sound that is made while the sound comes. Methods throw storage_failed, those of coded files what ffmpeg throws. */
export interface GrowingFile {
  /**
   * Frames of sound that have to be there before anything of the next step is in the file; less waits in memory. One step and
   * what has to follow it are `step + overlap` frames.
   */
  readonly step: number;
  readonly overlap: number;
  /** Frames of sound that were written. */
  readonly frames: number;
  /** Interleaved 16-bit PCM; it belongs to the file from now on. */
  write(pcm: Int16Array): Promise<void>;
  /** All that comes now is to be in the file soon: nothing waits in memory for more. */
  hurry(): void;
  /** Makes it a whole file of what was written. */
  finish(): Promise<void>;
  /** What was written is on its way, so that nothing but what is short of a step waits in memory. */
  rest(): Promise<void>;
  /** @throws SipreelError pieces_misfit if somebody else has changed the file since it was written to */
  check(): Promise<void>;
  /** Ends whatever works for it; the file stays as it is. Idempotent. */
  close(): Promise<void>;
}

/** What every growing file is told. */
export interface GrowingFileOptions {
  /** Absolute path; what is there is overwritten. */
  readonly file: string;
  readonly shape: PcmShape;
  readonly metadata: FileMetadata;
}

/** PCM as the bytes of a file. sipreel's machines are little-endian, as WAV is. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: Int16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
