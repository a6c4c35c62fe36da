import { describe, expect, it } from 'vitest';
import { amplify, volumeFactor } from '../../../src/switch/media/prompt/gain.ts';

const amplified = (samples: number[], volumeDb: number): number[] => {
  const target = new Int16Array(samples.length);
  amplify(Int16Array.from(samples), volumeFactor(volumeDb), target);
  return [...target];
};

describe('volume', () => {
  it.each([
    [0, [0, 1, -1, 32767, -32768], [0, 1, -1, 32767, -32768]],
    [20, [0, 1, -1, 100, -100, 3276, -3276], [0, 10, -10, 1000, -1000, 32760, -32760]],
    [-20, [10, -10, 32767, -32768], [1, -1, 3277, -3277]],
    [-40, [32767, 49], [328, 0]],
    [40, [1, -1, 327, 400, -400], [100, -100, 32700, 32767, -32768]],
  ])('of %d dB scales and saturates', (volumeDb, samples, expected) => {
    expect(amplified(samples, volumeDb)).toEqual(expected);
  });

  it.each([-40.1, 41, Number.NaN, Number.POSITIVE_INFINITY])('of %d dB is refused', (volumeDb) => {
    expect(() => volumeFactor(volumeDb)).toThrow(expect.objectContaining({ code: 'prompt_parameter_invalid' }));
  });
});
