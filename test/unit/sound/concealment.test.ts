import { describe, expect, test } from 'vitest';
import { concealByAppendixI } from '../../sound/appendix-i.ts';
import { compareConcealment, lossPatterns } from '../../sound/concealment.ts';
import { syllables } from '../../sound/syllables.ts';
import { tone } from '../../sound/tone.ts';

/** The measures of one run differ by so much from seed to seed. */
const noiseDb = 0.3;

describe.each(lossPatterns)('where $name are lost', (pattern) => {
  test.each([1, 2])('concealment is as near to what was said as that of G.711 Appendix I (%i)', (seed) => {
    const { snrDb, distanceDb, lostPackets } = compareConcealment(syllables(30, seed), pattern, seed);
    expect(lostPackets).toBeGreaterThan(5);
    expect(snrDb.ours).toBeGreaterThanOrEqual(snrDb.appendixI - noiseDb);
    expect(distanceDb.ours).toBeLessThanOrEqual(distanceDb.appendixI + noiseDb);
    expect(distanceDb.ours).toBeLessThan(distanceDb.silence);
  });
});

describe('the Appendix I that is compared with', () => {
  test('goes on with a tone as if nothing were lost, for 10 ms', () => {
    const sine = tone(200, 8000, 1, 0.3);
    const heard = concealByAppendixI(sine, (frame) => frame === 50);
    const worst = heard.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (sine[i] ?? 0))), 0);
    expect(worst).toBeLessThan(20);
  });

  test('fades by a fifth each 10 ms, and is silent after 60 ms', () => {
    const sine = tone(200, 8000, 1, 0.3);
    const heard = concealByAppendixI(sine, (frame) => frame >= 50 && frame < 60);
    const peaks = Array.from({ length: 10 }, (_, i) =>
      heard.subarray((50 + i) * 80, (51 + i) * 80).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0),
    );
    expect(peaks.map((peak) => Math.round((10 * peak) / 9830))).toEqual([10, 10, 8, 6, 4, 2, 0, 0, 0, 0]);
  });
});
