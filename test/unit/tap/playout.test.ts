import { describe, expect, test } from 'vitest';
import { createPlayout, playoutDelay } from '../../../src/switch/media/tap/playout.ts';

const packet = (value: number): Int16Array => new Int16Array(160).fill(value);

/** Reads so many frames, each as its first sample. */
const read = (playout: ReturnType<typeof createPlayout>, frames: number): number[] =>
  Array.from({ length: frames }, () => {
    const frame = new Int16Array(160);
    playout.read(frame);
    return frame[0] ?? 0;
  });

const delayFrames = playoutDelay / 160;

describe('a playout', () => {
  test('plays packets where their timestamps place them, a gap silent, one that overtakes in order', () => {
    const playout = createPlayout();
    for (const [at, value] of [
      [0, 1],
      [160, 2],
      [480, 4],
      [320, 3],
      [800, 6],
    ] as const)
      playout.add(2 ** 32 - 160 + at, packet(value));
    expect(read(playout, delayFrames + 7)).toEqual([...Array<number>(delayFrames).fill(0), 1, 2, 3, 4, 0, 6, 0]);
  });

  test('leaves out what is too late, and goes on with what is new', () => {
    const playout = createPlayout();
    playout.add(0, packet(1));
    read(playout, delayFrames + 3);
    playout.add(160, packet(2));
    expect(read(playout, 4)).toEqual([0, 0, 0, 2]);
    playout.add(0, packet(9));
    playout.add(320, packet(3));
    expect(read(playout, 2)).toEqual([3, 0]);
  });

  test('begins anew with another source', () => {
    const playout = createPlayout();
    playout.add(0, packet(1));
    playout.add(1_000_000, packet(2));
    expect(read(playout, delayFrames + 2)).toContain(2);
  });

  test('adds to what is there, and stays within 16 bits', () => {
    const [one, other] = [createPlayout(), createPlayout()];
    one.add(0, packet(30_000));
    other.add(0, packet(20_000));
    const frame = new Int16Array(160);
    for (let i = 0; i <= delayFrames; i++) {
      frame.fill(0);
      one.read(frame);
      other.read(frame);
    }
    expect(frame[0]).toBe(32_767);
  });
});
