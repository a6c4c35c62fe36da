import { SipreelError } from '../../../errors/error.ts';

/** The limits of a prompt's volume in dB. */
export const volumeRange = { min: -40, max: 40 } as const;

/**
 * The factor that a volume in dB multiplies samples by.
 * @throws SipreelError prompt_parameter_invalid outside of -40..40.
 */
export const volumeFactor = (volumeDb: number): number => {
  if (!(volumeDb >= volumeRange.min && volumeDb <= volumeRange.max)) {
    throw new SipreelError(
      'prompt_parameter_invalid',
      `the volume is ${volumeDb} dB, not a number from ${volumeRange.min} to ${volumeRange.max}`,
      { details: { volumeDb } },
    );
  }
  return 10 ** (volumeDb / 20);
};

/** Writes the samples times `factor` to `target`; what exceeds 16 bits stays at their limits. */
export const amplify = (samples: Int16Array, factor: number, target: Int16Array): void => {
  for (let i = 0; i < samples.length; i++) {
    const value = Math.round((samples[i] ?? 0) * factor);
    target[i] = Math.max(-32768, Math.min(32767, value));
  }
};
