import { describe, expect, it } from 'vitest';
import { createToneDetector } from '../../../src/recorder/capture/tone-digits.ts';
import { pcmuSamples } from '../../../src/rtp/g711.ts';
import { added, joined, type KeyTone, keyTone, noise, pcmuOf, silence } from '../../sound/dtmf.ts';

interface Found {
  readonly digit: string;
  readonly tStart: number;
  readonly tEnd: number;
}

/** What is found in a sound that comes in packets of 20 ms. */
const find = (sound: Float64Array, packetBytes = 160): readonly Found[] => {
  const found: Found[] = [];
  const detector = createToneDetector((digit, tStart, tEnd) => found.push({ digit, tStart, tEnd }));
  const bytes = pcmuOf(sound);
  for (let from = 0; from < bytes.length; from += packetBytes) {
    const payload = bytes.subarray(from, from + packetBytes);
    detector.g711(pcmuSamples, payload, (from + payload.length) / 8);
  }
  detector.finish();
  return found;
};

const digitsIn = (sound: Float64Array): string =>
  find(sound)
    .map(({ digit }) => digit)
    .join('');

const all = '123A456B789C*0#D';

/** Each key with a pause of `pauseMs`, at each place within a packet and each phase that this comes to. */
const keys = (digits: string, tone: KeyTone, pauseMs = 60): Float64Array =>
  joined(
    silence(33),
    ...[...digits].flatMap((digit, i) => [
      keyTone(digit, { phase: i * 0.9, ...tone }),
      silence(pauseMs + ((i * 7) % 11)),
    ]),
  );

describe('tones are found', () => {
  it.each<[string, KeyTone]>([
    ['of 100 ms', {}],
    ['of 40 ms', { ms: 40 }],
    ['of a second', { ms: 1000 }],
    ['that are loud', { dbfs: -6.1 }],
    ['that are quiet', { dbfs: -28 }],
    ['with the higher one 4 dB stronger', { twistDb: 4 }],
    ['with the higher one 8 dB weaker', { twistDb: -8 }],
    ['1.5 % too high', { lowOff: 0.015, highOff: 0.015, ms: 40 }],
    ['1.5 % too low', { lowOff: -0.015, highOff: -0.015, ms: 40 }],
    ['1.5 % off to either side', { lowOff: 0.015, highOff: -0.015, ms: 40 }],
    ['with everything at its limit', { lowOff: -0.015, highOff: 0.015, twistDb: -8, dbfs: -20, ms: 40 }],
    ['with everything at its other limit', { lowOff: 0.015, highOff: -0.015, twistDb: 4, dbfs: -20, ms: 40 }],
  ])('%s', (_name, tone) => {
    expect(digitsIn(keys(all, tone))).toBe(all);
  });

  it('with 40 ms between them, the same key twice', () => {
    const twice = '1155**##DD';
    expect(digitsIn(keys(twice, { ms: 50 }, 40))).toBe(twice);
    expect(digitsIn(keys(twice, { ms: 40 }, 40))).toBe(twice);
  });

  it.each([0, -8, 4])('under noise that is 15 dB weaker, twist %s dB', (twistDb) => {
    const clean = keys(all.repeat(8), { ms: 50, twistDb, dbfs: -13 });
    // The power of both tones together.
    const signalDb = -13 + 10 * Math.log10(1 + 10 ** (-Math.abs(twistDb) / 10));
    expect(digitsIn(added(clean, noise(clean.length, signalDb - 15)))).toBe(all.repeat(8));
  });

  it('where they are', () => {
    const [found] = find(joined(silence(137), keyTone('7', { ms: 93 }), silence(100)));
    expect(found?.digit).toBe('7');
    expect(Math.abs((found?.tStart ?? 0) - 137), `began at ${found?.tStart}`).toBeLessThanOrEqual(6);
    expect(Math.abs((found?.tEnd ?? 0) - 230), `ended at ${found?.tEnd}`).toBeLessThanOrEqual(6);
  });

  it('in packets of any length', () => {
    const sound = keys('159D', {});
    for (const length of [1, 33, 80, 240, 480])
      expect(
        find(sound, length)
          .map(({ digit }) => digit)
          .join(''),
      ).toBe('159D');
  });

  it('once though a packet of it is lost', () => {
    const tone = keyTone('5', { ms: 160 });
    const lossy = joined(silence(40), tone.subarray(0, 480), tone.subarray(640), silence(60));
    expect(digitsIn(lossy)).toBe('5');
  });

  it('when packets cease to come, and at the end of the recording', () => {
    const found: string[] = [];
    const detector = createToneDetector((digit) => found.push(digit));
    const press = (): void => detector.g711(pcmuSamples, pcmuOf(keyTone('9', { ms: 60 })), 60);
    press();
    detector.tick(110);
    expect(found).toEqual([]);
    detector.tick(120);
    expect(found).toEqual(['9']);
    press();
    detector.finish();
    detector.finish();
    expect(found).toEqual(['9', '9']);
  });
});

describe('no tones are found', () => {
  it.each<[string, KeyTone]>([
    ['of 22 ms', { ms: 22 }],
    ['that are 3.5 % too high', { lowOff: 0.035, highOff: 0.035 }],
    ['that are 3.5 % too low', { lowOff: -0.035, highOff: -0.035 }],
    ['whose lower one is 3.5 % off', { lowOff: 0.035 }],
    ['whose higher one is 3.5 % off', { highOff: -0.035 }],
    ['that are hardly there', { dbfs: -50 }],
    ['with the higher one 14 dB weaker', { twistDb: -14 }],
    ['with the higher one 10 dB stronger', { twistDb: 10 }],
  ])('%s', (_name, tone) => {
    expect(digitsIn(keys(all, tone))).toBe('');
  });

  it('in single tones, dial tones and ringing', () => {
    const sine = (hz: number): Float64Array =>
      Float64Array.from({ length: 4000 }, (_, i) => 8000 * Math.sin((2 * Math.PI * hz * i) / 8000));
    for (let hz = 300; hz < 3400; hz += 13) expect(digitsIn(sine(hz)), `${hz} Hz`).toBe('');
    for (const [one, other] of [
      [350, 440],
      [440, 480],
      [480, 620],
      [697, 770],
      [1209, 1336],
      [941, 1100],
    ] as const) {
      expect(digitsIn(added(sine(one), sine(other))), `${one} and ${other} Hz`).toBe('');
    }
  });

  it('in noise', () => {
    for (const seed of [1, 2, 3]) expect(digitsIn(noise(8000 * 60, -20, seed))).toBe('');
  });

  it('in what is like speech: a pitch that glides, its harmonics, and formants that move over them', () => {
    const seconds = 120;
    const sound = new Float64Array(8000 * seconds);
    const phases = new Float64Array(40);
    for (let i = 0; i < sound.length; i++) {
      const t = i / 8000;
      const pitch = 170 + 70 * Math.sin(2 * Math.PI * 0.31 * t) + 30 * Math.sin(2 * Math.PI * 1.7 * t);
      const first = 550 + 300 * Math.sin(2 * Math.PI * 0.9 * t);
      const second = 1500 + 500 * Math.sin(2 * Math.PI * 0.7 * t + 1);
      let sample = 0;
      for (let harmonic = 1; harmonic * pitch < 3400 && harmonic < 40; harmonic++) {
        const hz = harmonic * pitch;
        const phase = ((phases[harmonic] ?? 0) + (2 * Math.PI * hz) / 8000) % (2 * Math.PI);
        phases[harmonic] = phase;
        const gain = 1 / (1 + ((hz - first) / 60) ** 2) + 0.8 / (1 + ((hz - second) / 80) ** 2);
        sample += gain * Math.sin(phase);
      }
      sound[i] = 6000 * sample * Math.max(0, Math.sin(2 * Math.PI * 2.1 * t));
    }
    expect(digitsIn(sound)).toBe('');
  });
});
