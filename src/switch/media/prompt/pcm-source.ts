/** Sampling rate of all prompts in Hz: that of G.711, so that nothing is resampled while it plays. */
export const sampleRate = 8000;

/** Length of a frame in milliseconds: one RTP packet. */
export const frameMs = 20;

/** Samples of a frame. */
export const frameSamples = (sampleRate * frameMs) / 1000;

/**
 * Sound that is being played, frame by frame; whoever holds it closes it. Sources begin to prepare their sound when they are made.
 */
export interface PcmSource {
  /**
   * The next frame: 160 samples, valid until the next read and not to be written to; 'wait' if none is ready yet;
   * undefined at the end. A last frame that isn't full ends in silence. Throws what kept the sound from being made.
   */
  read(): Int16Array | 'wait' | undefined;
  /** Ends it at once; resolves when its child processes have ended and its files are deleted. Idempotent. */
  close(): Promise<void>;
}
