import { setTimeout as sleep } from 'node:timers/promises';
import type { PcmSource } from '../../src/switch/media/prompt/pcm-source.ts';

const joined = (frames: readonly Int16Array[]): Int16Array => {
  const samples = new Int16Array(frames.length * 160);
  for (const [i, frame] of frames.entries()) samples.set(frame, i * 160);
  return samples;
};

/** All samples of a source that never makes its reader wait. */
export const readAll = (source: PcmSource): Int16Array => {
  const frames: Int16Array[] = [];
  for (;;) {
    const frame = source.read();
    if (frame === undefined) return joined(frames);
    if (frame === 'wait') throw new Error(`the source has nothing after ${frames.length} frames`);
    frames.push(Int16Array.from(frame));
  }
};

/** All samples of a source that takes its time; fails after `withinMs` without one. */
export const drain = async (source: PcmSource, withinMs = 15_000): Promise<Int16Array> => {
  const frames: Int16Array[] = [];
  let deadline = Date.now() + withinMs;
  for (;;) {
    const frame = source.read();
    if (frame === undefined) return joined(frames);
    if (frame === 'wait') {
      if (Date.now() > deadline) throw new Error(`no sound within ${withinMs} ms, after ${frames.length} frames`);
      await sleep(2);
    } else {
      frames.push(Int16Array.from(frame));
      deadline = Date.now() + withinMs;
    }
  }
};
