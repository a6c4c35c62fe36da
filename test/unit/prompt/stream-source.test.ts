import { describe, expect, it } from 'vitest';
import { streamSource } from '../../../src/switch/media/prompt/stream-source.ts';
import { eventually } from '../../parts/eventually.ts';
import { drain } from '../../sound/read-source.ts';

const counting = (from: number, length: number): Int16Array =>
  Int16Array.from({ length }, (_, i) => (from + i) % 30_000);

describe('a source that is produced while it plays', () => {
  it('keeps all samples in order, whatever the chunks are, and fills the last frame with silence', async () => {
    const sizes = [1, 159, 160, 161, 0, 500, 4000, 3, 77];
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const source = streamSource(async function* () {
      let at = 0;
      for (const size of sizes) {
        yield counting(at, size);
        at += size;
      }
    });
    const samples = await drain(source);
    expect(samples.length).toBe(Math.ceil(total / 160) * 160);
    expect(samples).toEqual(samples.map((_, i) => (i < total ? i % 30_000 : 0)));
  });

  it('reads ahead some two seconds of a file of any length, not more', async () => {
    let produced = 0;
    const source = streamSource(async function* () {
      for (;;) {
        produced += 1600;
        yield counting(0, 1600);
      }
    });
    await eventually('two seconds are there', () => produced >= 16_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(produced).toBe(16_000);
    for (let i = 0; i < 50; i++) expect(source.read()).not.toBe('wait');
    await eventually('a second more', () => produced >= 24_000);
    expect(produced).toBe(24_000);
    await source.close();
  });

  it('throws what its producer throws, after the sound that came before', async () => {
    const source = streamSource(async function* () {
      yield counting(0, 320);
      throw new Error('broken pipe');
    });
    await eventually('the first frame', () => source.read() !== 'wait');
    expect(source.read()).toBeInstanceOf(Int16Array);
    await eventually('the error', () => {
      try {
        return source.read() !== 'wait';
      } catch (error) {
        return (error as Error).message === 'broken pipe';
      }
    });
  });

  it.each(['while it waits for room', 'while it waits for its input'])(
    'ends its producer when it is closed %s, and close waits for that',
    async (when) => {
      let ended = false;
      const source = streamSource(async function* (signal) {
        try {
          yield counting(0, when === 'while it waits for room' ? 100_000 : 10);
          await new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          });
        } finally {
          await new Promise((resolve) => setTimeout(resolve, 20));
          ended = true;
        }
      });
      await new Promise((resolve) => setImmediate(resolve));
      await source.close();
      expect(ended).toBe(true);
      expect(source.read()).toBeUndefined();
      await source.close();
    },
  );
});
