import { describe, expect, it } from 'vitest';
import { renderCadence, ringingTones } from '../../../src/switch/media/prompt/ringing-tones.ts';
import { goertzelDb } from '../../sound/tone.ts';

const countries = Object.keys(ringingTones);

/** [first, last + 1] of each stretch of sound, in ms, by 5 ms pieces. */
const soundsMs = (samples: Int16Array): [number, number][] => {
  const sounds: [number, number][] = [];
  for (let at = 0; at < samples.length; at += 40) {
    const loud = samples.subarray(at, at + 40).some((sample) => sample !== 0);
    const last = sounds.at(-1);
    if (loud && last?.[1] === at / 8) last[1] = at / 8 + 5;
    else if (loud) sounds.push([at / 8, at / 8 + 5]);
  }
  return sounds;
};

describe('ringing tones', () => {
  it("exist for all countries of SWML's reference", () => {
    const named =
      'at au bg br be ch cl cn cz de dk ee es fi fr gr hu il in it lt jp mx my nl no nz ph pl pt ru se sg th uk us us-old tw ve za';
    expect(countries).toEqual(expect.arrayContaining(named.split(' ')));
    expect(ringingTones.uk).toBe(ringingTones.gb);
  });

  it.each(countries)('of %s have the cadence of the table', (country) => {
    const tone = ringingTones[country];
    if (tone === undefined) throw new Error(country);
    const expected: [number, number][] = [];
    let at = 0;
    for (const [i, ms] of tone.cadenceMs.entries()) {
      if (i % 2 === 0) expected.push([at, at + ms]);
      at += ms;
    }
    const samples = renderCadence(tone);
    expect(samples.length).toBe(at * 8);
    const sounds = soundsMs(samples);
    expect(sounds.length).toBe(expected.length);
    for (const [i, [from, to]] of expected.entries()) {
      expect(Math.abs((sounds[i]?.[0] ?? -1e9) - from), `start of sound ${i}`).toBeLessThanOrEqual(5);
      expect(Math.abs((sounds[i]?.[1] ?? -1e9) - to), `end of sound ${i}`).toBeLessThanOrEqual(5);
    }
  });

  it.each(countries)('of %s have the frequencies of the table and no others', (country) => {
    const tone = ringingTones[country];
    if (tone === undefined) throw new Error(country);
    const sound = renderCadence(tone).subarray(80, (tone.cadenceMs[0] ?? 0) * 8 - 80);
    for (const hz of tone.hz) expect(goertzelDb(sound, 8000, hz), `${hz} Hz`).toBeGreaterThan(-21);
    if (tone.modulatedBy !== undefined) {
      const [carrier = 0] = tone.hz;
      const level = goertzelDb(sound, 8000, carrier);
      for (const side of [carrier - tone.modulatedBy, carrier + tone.modulatedBy]) {
        expect(goertzelDb(sound, 8000, side), `${side} Hz`).toBeCloseTo(level - 6, 0);
      }
    }
    for (const other of [200, 350, 620, 1000]) expect(goertzelDb(sound, 8000, other), `${other} Hz`).toBeLessThan(-50);
  });
});
