import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, silence } from '../../../src/switch/media/prompt/clip.ts';
import { readAll } from '../../sound/read-source.ts';

describe('a clip', () => {
  it('is its samples, from the start again when they are over, and silence to the end of the last frame', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 0, max: 3000 }), (size, length) => {
        const samples = Int16Array.from({ length: size }, (_, i) => i + 1);
        const heard = readAll(clip(samples, length));
        expect(heard.length).toBe(Math.ceil(length / 160) * 160);
        expect(heard).toEqual(heard.map((_, i) => (i < length ? (i % size) + 1 : 0)));
      }),
    );
  });

  it('of no samples is over at once', () => {
    expect(clip(new Int16Array(0), 1600).read()).toBeUndefined();
  });

  it('is over when it is closed', async () => {
    const source = silence(10);
    source.read();
    await source.close();
    expect(source.read()).toBeUndefined();
  });

  it('of silence has the length in seconds', () => {
    expect(readAll(silence(0.25)).length).toBe(13 * 160);
    expect(readAll(silence(0)).length).toBe(0);
  });
});
