import { open } from 'node:fs/promises';
import { SipreelError } from '../../errors/error.ts';
import type { Format } from '../recording/parameters.ts';
import { readContainer } from './container.ts';
import type { PcmShape } from './formats.ts';

/** A finished file and what it must hold. */
export interface Expectation {
  readonly file: string;
  readonly format: Format;
  readonly shape: PcmShape;
  /** Length of the sound in frames. */
  readonly frames: number;
}

const failed = (expected: Expectation, message: string, found?: unknown): SipreelError =>
  new SipreelError('encode_verification_failed', `${expected.file}: ${message}`, { details: { expected, found } });

/**
 * Proves that a finished file holds what it should: it is as long as it states, to the byte, and states what it has to, to the
 * frame. That what the encoder gave are whole frames of this sound, and as many as there must be, was seen when they were made;
 * so what this costs does not grow with the file. Throws encode_verification_failed.
 */
export const verifyFile = async (expected: Expectation): Promise<void> => {
  const { file, format, shape, frames } = expected;
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const facts = await readContainer(format, handle);
    if (facts === undefined) throw failed(expected, `it is no ${format} file, or its head is broken`);
    if (facts.sampleRate !== shape.sampleRate || facts.channels !== shape.channels) {
      throw failed(expected, `it states ${facts.channels} channels of ${facts.sampleRate} Hz`, facts);
    }
    if (facts.frames !== frames) throw failed(expected, `it states ${facts.frames} frames, not ${frames}`, facts);
    if (facts.bytes !== size) throw failed(expected, `it has ${size} bytes and states ${facts.bytes}`, facts);
  } finally {
    await handle.close();
  }
};
