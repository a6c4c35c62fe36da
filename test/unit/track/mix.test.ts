import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createJoint, interleave, mixMono } from '../../../src/recorder/track/mix.ts';
import { createTimeline } from '../../../src/recorder/track/timeline.ts';
import { join } from './render.ts';

const left = Int16Array.of(1, 2, 30000, -30000);
const right = Int16Array.of(10, 20, 30000, -30000, 5);

test('stereo is left sample first, the shorter side ending in silence', () => {
  expect(interleave(left, right)).toEqual(Int16Array.of(1, 10, 2, 20, 30000, 30000, -30000, -30000, 0, 5));
});

test('mono is the sum, cut at full scale, and the longer side goes on alone', () => {
  expect(mixMono(left, right)).toEqual(Int16Array.of(11, 22, 32767, -32768, 5));
  expect(mixMono(right, left)).toEqual(mixMono(left, right));
});

test('neither changes what it is given', () => {
  mixMono(left, right);
  interleave(left, right);
  expect(left).toEqual(Int16Array.of(1, 2, 30000, -30000));
});

describe('a joint', () => {
  test.each([
    ['mixMono', mixMono],
    ['interleave', interleave],
  ] as const)('by %s gives the same, in whatever pieces both sides come', (_, by) => {
    const piece = fc.tuple(fc.boolean(), fc.int16Array({ maxLength: 20 }));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const joint = createJoint(by);
        const out: Int16Array[] = [];
        for (const [isLeft, samples] of pieces) {
          (isLeft ? joint.left : joint.right)(samples);
          out.push(joint.read() ?? new Int16Array(0));
        }
        out.push(joint.finish() ?? new Int16Array(0));
        const side = (wanted: boolean) =>
          join(pieces.filter(([isLeft]) => isLeft === wanted).map(([, samples]) => samples));
        expect(join(out)).toEqual(by(side(true), side(false)));
      }),
    );
  });

  test('has nothing to read where one side has nothing', () => {
    const joint = createJoint(interleave);
    joint.left(left);
    expect(joint.read()).toBeUndefined();
  });
});

describe('a timeline', () => {
  test('has sound where it was put, over the borders of its seconds, and silence elsewhere', () => {
    const timeline = createTimeline(100);
    expect(timeline.add(95, Int16Array.of(1, 2, 3, 4, 5, 6, 7, 8))).toBe(0);
    const all = join(
      [timeline.take(250), timeline.take(250), timeline.take(250)].filter((piece) => piece !== undefined),
    );
    const wanted = new Int16Array(250);
    wanted.set([1, 2, 3, 4, 5, 6, 7, 8], 95);
    expect(all).toEqual(wanted);
    expect(timeline.take(250)).toBeUndefined();
  });

  test('drops what is before its begin silently, and tells what comes after its place was taken', () => {
    const timeline = createTimeline(100);
    expect(timeline.add(-2, Int16Array.of(1, 2, 3))).toBe(0);
    expect(timeline.take(5)).toEqual(Int16Array.of(3, 0, 0, 0, 0));
    expect(timeline.add(3, Int16Array.of(1, 2, 3, 4))).toBe(2);
    expect(timeline.add(-9, Int16Array.of(1, 2, 3, 4))).toBe(0);
    expect(timeline.take(8)).toEqual(Int16Array.of(3, 4, 0));
  });

  test('adds sound to sound, saturating', () => {
    const timeline = createTimeline(100);
    timeline.add(0, Int16Array.of(30000, -30000, 5));
    timeline.add(0, Int16Array.of(30000, -30000, 5));
    expect(timeline.take(3)).toEqual(Int16Array.of(32767, -32768, 10));
  });
});
