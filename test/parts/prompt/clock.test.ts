import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clip } from '../../../src/switch/media/prompt/clip.ts';
import { createPromptClock, type PromptClock } from '../../../src/switch/media/prompt/clock.ts';
import { createPromptEndpoint } from '../../../src/switch/media/prompt/endpoint.ts';
import { tone } from '../../sound/tone.ts';
import { eventually } from '../eventually.ts';
import { createListener } from './listener.ts';

const log = pino({ level: 'silent' });
let clock: PromptClock;

beforeEach(() => {
  clock = createPromptClock({ log });
  clock.start();
});
afterEach(() => clock.close());

/** Blocks the whole process, as a bad neighbour on the event loop would. */
const block = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

interface SeenFrame {
  readonly frame: number;
  readonly at: number;
  readonly skipped: number;
}

/** The next frame that comes as long after the one before as it should, when all its packets have been sent. */
const punctualFrame = (): Promise<SeenFrame> =>
  new Promise((resolve) => {
    let last = Number.NaN;
    const probe = (frame: number): void => {
      const at = performance.now();
      if (Math.abs(at - last - 20) < 5) {
        clock.remove(probe);
        setImmediate(() => resolve({ frame, at, skipped: clock.lag().skipped }));
      }
      last = at;
    };
    clock.add(probe);
  });

describe('the clock of the prompts', () => {
  it('keeps the pace for 100 endpoints at once: as many frames as time has passed', async () => {
    const listener = await createListener();
    const endpoints = Array.from({ length: 100 }, () => createPromptEndpoint({ address: '127.0.0.1', clock, log }));
    await Promise.all(endpoints.map((endpoint) => endpoint.start()));
    const sound = tone(700, 8000, 1, 0.5);
    const plays = endpoints.map((endpoint) => {
      endpoint.connect({ address: '127.0.0.1', port: listener.port, codec: 'PCMU' });
      return endpoint.play(clip(sound, 8000 * 60)).catch(() => undefined);
    });
    const sent = () => endpoints.map((endpoint) => endpoint.stats().sent);
    const from = await punctualFrame();
    const before = sent();
    await sleep(4000);
    const to = await punctualFrame();
    const after = sent();
    const { skipped } = clock.lag();
    const frames = to.frame - from.frame;
    expect(Math.abs(frames - (to.at - from.at) / 20), JSON.stringify({ from, to })).toBeLessThan(1);
    // What is skipped is the fault of a machine that stands still; counted it must be.
    expect(new Set(after.map((count, i) => count - (before[i] ?? 0)))).toEqual(
      new Set([frames - (skipped - from.skipped)]),
    );
    for (const endpoint of endpoints) expect(endpoint.stats()).toMatchObject({ sendErrors: 0, underruns: 0 });
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    await Promise.all(plays);
    const streams = new Map<number, { sequence: number; timestamp: number }>();
    for (const { ssrc, sequence, timestamp } of listener.packets) {
      const last = streams.get(ssrc);
      if (last) {
        expect((sequence - last.sequence) & 0xffff).toBe(1);
        if (clock.lag().skipped === 0) expect((timestamp - last.timestamp) >>> 0).toBe(160);
      }
      streams.set(ssrc, { sequence, timestamp });
    }
    expect(streams.size).toBe(100);
    await listener.close();
  });

  it('catches up with a stall of up to ten frames and leaves out what is longer', async () => {
    const frames: number[] = [];
    clock.add((frame) => frames.push(frame));
    await eventually('the first frames', () => frames.length >= 3);
    block(150);
    const stalled = frames.length;
    await eventually('the burst', () => frames.length >= stalled + 7);
    expect(frames).toEqual(frames.map((_, i) => (frames[0] ?? 0) + i));

    const before = frames.length;
    const { skipped } = clock.lag();
    block(600);
    await eventually('the burst', () => frames.length > before);
    const left = (frames[before] ?? 0) - (frames[before - 1] ?? 0) - 1;
    // 600 ms are 30 frames; the burst is 10 of them, and one may have been sent before `before` was read.
    expect(left).toBeGreaterThanOrEqual(19);
    expect(frames.slice(before)).toEqual(frames.slice(before).map((_, i) => (frames[before] ?? 0) + i));
    expect(clock.lag().skipped - skipped).toBe(left);
    expect(clock.lag().max).toBeGreaterThan(100);
  });

  it('does not drift', async () => {
    const lateMs: number[] = [];
    clock.add((frame) => lateMs.push(performance.now() - frame * 20));
    await eventually('a hundred frames', () => lateMs.length >= 100);
    // How late a frame is depends on the machine; how late the most punctual of many is, on the clock alone.
    const early = Math.min(...lateMs.slice(0, 50));
    const late = Math.min(...lateMs.slice(50, 100));
    expect(Math.abs(late - early), `${late - early} ms within a second`).toBeLessThan(3);
    const { p50, p95, max, frames } = clock.lag();
    expect(p50).toBeLessThanOrEqual(p95);
    expect(p95).toBeLessThanOrEqual(max);
    expect(frames).toBeGreaterThanOrEqual(100);
  });

  it('stands still while nobody is on it, and does not make up for that time', async () => {
    const frames: number[] = [];
    const tick = (frame: number): void => {
      frames.push(frame);
    };
    clock.add(tick);
    await eventually('frames', () => frames.length >= 3);
    clock.remove(tick);
    const { frames: before } = clock.lag();
    await sleep(300);
    expect(clock.lag()).toMatchObject({ frames: before, skipped: 0 });
    const count = frames.length;
    clock.add(tick);
    expect(frames.length).toBe(count);
    await eventually('frames again', () => frames.length > count);
    expect(frames.length - count).toBe(1);
    expect((frames[count] ?? 0) - (frames[count - 1] ?? 0)).toBeGreaterThanOrEqual(14);
  });

  it('takes off one that throws and goes on for the others', async () => {
    let calls = 0;
    let others = 0;
    clock.add(() => {
      calls += 1;
      throw new Error('broken');
    });
    clock.add(() => {
      others += 1;
    });
    await eventually('frames of the other', () => others >= 5);
    expect(calls).toBe(1);
  });

  it('may be left and joined from within a frame', async () => {
    let frames = 0;
    const tick = (): void => {
      frames += 1;
      clock.remove(tick);
      if (frames < 5) clock.add(tick);
    };
    clock.add(tick);
    await eventually('five frames', () => frames >= 5);
    await sleep(60);
    expect(frames).toBe(5);
  });
});
