import { describe, expect, it } from 'vitest';
import { beepTone, renderBeep } from '../../../src/switch/media/prompt/beep.ts';
import { renderTone } from '../../../src/switch/media/prompt/tone.ts';
import { goertzelDb } from '../../sound/tone.ts';

const largestStep = (samples: Int16Array): number => {
  let largest = Math.abs(samples[0] ?? 0);
  for (let i = 1; i < samples.length; i++) {
    largest = Math.max(largest, Math.abs((samples[i] ?? 0) - (samples[i - 1] ?? 0)));
  }
  return Math.max(largest, Math.abs(samples.at(-1) ?? 0));
};

describe('a tone', () => {
  it('has the power asked for, however many sines share it', () => {
    const samples = renderTone({
      components: [
        { hz: 440, weight: 1 },
        { hz: 480, weight: 1 },
      ],
      levelDb: -10,
      seconds: 1,
    });
    expect(goertzelDb(samples, 8000, 440)).toBeCloseTo(-13, 0);
    expect(goertzelDb(samples, 8000, 480)).toBeCloseTo(-13, 0);
  });

  it('never exceeds 16 bits', () => {
    const components = [
      { hz: 1000, weight: 1 },
      { hz: 1001, weight: 1 },
    ];
    const samples = renderTone({ components, levelDb: 0, seconds: 1 });
    expect(samples.some((sample) => sample < -32768 || sample > 32767)).toBe(false);
    expect(Math.max(...samples)).toBe(32767);
  });
});

describe('the beep', () => {
  it('is half a second of 1 kHz at -12 dBFS', () => {
    const samples = renderBeep();
    expect(samples.length).toBe(4000);
    expect(goertzelDb(samples.subarray(100, 3900), 8000, beepTone.hz)).toBeCloseTo(-12, 1);
  });

  it('rises and falls without a click', () => {
    const sine = (2 * Math.PI * 1000 * 32767 * 10 ** (-12 / 20)) / 8000;
    expect(largestStep(renderBeep())).toBeLessThan(sine);
  });
});
