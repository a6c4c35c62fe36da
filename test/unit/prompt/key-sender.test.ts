import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createToneDetector } from '../../../src/recorder/capture/tone-digits.ts';
import { encodePcmu, pcmuSamples } from '../../../src/rtp/g711.ts';
import { createKeySender, type KeyFrame } from '../../../src/switch/media/prompt/key-sender.ts';
import { renderKeys } from '../../../src/switch/media/prompt/key-tones.ts';

/** All frames, from frame 1000 on; `skip` leaves frames out. */
const framesOf = (keys: string, skip: (frame: number) => boolean = () => false): (readonly [number, KeyFrame])[] => {
  const sender = createKeySender(keys);
  const frames: (readonly [number, KeyFrame])[] = [];
  for (let frame = 1000; frame < 20_000; frame++) {
    if (skip(frame)) continue;
    const next = sender.next(frame);
    if (next === undefined) return frames;
    frames.push([frame, next]);
  }
  throw new Error('it never ends');
};

describe('digits as events', () => {
  test('a key is down for eight frames, its end is sent three times, and a pause follows', () => {
    const frames = framesOf('5');
    const events = frames.flatMap(([frame, key]) => (key.kind === 'event' ? [{ frame, ...key }] : []));
    expect(events.map(({ frames: down, end }) => `${down}${end ? ' end' : ''}`)).toEqual([
      ...['1', '2', '3', '4', '5', '6', '7', '8 end', '8 end', '8 end'],
    ]);
    expect(new Set(events.map(({ start }) => start))).toEqual(new Set([1000]));
    expect(frames.at(-1)?.[0]).toBe(1000 + 8 + 5 - 1);
  });

  test('W waits 50 frames, w 25', () => {
    const firstOf = (keys: string) => framesOf(keys).find(([, { kind }]) => kind === 'event')?.[0];
    expect([firstOf('1'), firstOf('w1'), firstOf('W1'), firstOf('Ww1')]).toEqual([1000, 1025, 1050, 1075]);
  });

  test('each key has its three ends, whatever frames are left out', () => {
    const keys = fc.string({ unit: fc.constantFrom(...'0123456789*#ABCDWw'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(keys, fc.integer({ min: 2, max: 9 }), (dialled, every) => {
        const ends = framesOf(dialled, (frame) => frame % every === 0)
          .flatMap(([, key]) => (key.kind === 'event' && key.end ? [key.digit] : []))
          .join('');
        expect(ends).toBe([...dialled.replace(/w/gi, '')].map((digit) => digit.repeat(3)).join(''));
      }),
    );
  });
});

test('digits as tones are heard as what they are', () => {
  const heard: string[] = [];
  const detector = createToneDetector((digit) => void heard.push(digit));
  const samples = renderKeys('0123456789w*#ABCD');
  for (let at = 0; at + 160 <= samples.length; at += 160) {
    const payload = new Uint8Array(160);
    encodePcmu(samples.subarray(at, at + 160), payload);
    detector.g711(pcmuSamples, payload, (at + 160) / 8);
  }
  detector.finish();
  expect(heard.join('')).toBe('0123456789*#ABCD');
});
