import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createVoiceDetector,
  pcmaMagnitudes,
  pcmuMagnitudes,
  type VoiceDetector,
} from '../../../src/recorder/capture/voice-detector.ts';
import { encodePcma, encodePcmu, pcmaSilence, pcmuSilence } from '../../../src/rtp/g711.ts';

type Change = readonly [speaking: boolean, t: number];

const detector = (sensitivity?: number): { changes: Change[]; voice: VoiceDetector } => {
  const changes: Change[] = [];
  const voice = createVoiceDetector({
    ...(sensitivity === undefined ? {} : { sensitivity }),
    report: (speaking, t) => changes.push([speaking, t]),
  });
  return { changes, voice };
};

/** A payload of PCMU whose mean magnitude is about `level`. */
const pcmu = (level: number, ms = 20): Uint8Array => {
  const samples = Int16Array.from({ length: ms * 8 }, (_, i) => (i % 2 ? level : -level));
  const payload = new Uint8Array(samples.length);
  encodePcmu(samples, payload);
  return payload;
};

const loud = pcmu(3000);
const quiet = pcmu(0);

/** Sends packets of 20 ms, one for each letter from t = 20 on: S speech, - silence, . nothing (but a tick). */
const play = (voice: VoiceDetector, script: string, from = 0): number => {
  let t = from;
  for (const letter of script) {
    t += 20;
    if (letter === '.') voice.tick(t);
    else voice.g711(pcmuMagnitudes, letter === 'S' ? loud : quiet, t);
  }
  return t;
};

describe('the voice detector', () => {
  it.each([
    ['silence', '-'.repeat(50), []],
    ['nothing at all', '.'.repeat(50), []],
    ['a click of 40 ms', `--SS${'-'.repeat(20)}`, []],
    ['speech from the third frame on, with its beginning', '--SSS', [[true, 40]]],
    [
      'speech and its end',
      `--SSSSS${'-'.repeat(10)}`,
      [
        [true, 40],
        [false, 140],
      ],
    ],
    ['speech with pauses between words', '-SSSSS-----SSS----SSSS', [[true, 20]]],
    [
      'speech of a sender that stops sending',
      `SSSSS${'.'.repeat(12)}`,
      [
        [true, 0],
        [false, 100],
      ],
    ],
    ['clicks that never make a word', 'SS--SS--SS--SS--SS--', []],
    ['clicks of a sender with DTX', `SS${'.'.repeat(20)}SS${'.'.repeat(20)}SS`, []],
    [
      'two sentences',
      `SSSS${'-'.repeat(15)}SSSS${'.'.repeat(15)}`,
      [
        [true, 0],
        [false, 80],
        [true, 380],
        [false, 460],
      ],
    ],
  ] as const)('hears %s', (_, script, expected) => {
    const { changes, voice } = detector();
    play(voice, script);
    expect(changes).toEqual(expected);
  });

  it('knows of a pause without ticks as soon as the next packet comes', () => {
    const { changes, voice } = detector();
    play(voice, 'SSSS');
    voice.g711(pcmuMagnitudes, loud, 2000);
    expect(changes).toEqual([
      [true, 0],
      [false, 80],
    ]);
  });

  it('places speech by its length when the packets were held up and come at once', () => {
    const { changes, voice } = detector();
    play(voice, '----------');
    for (let i = 0; i < 8; i++) voice.g711(pcmuMagnitudes, loud, 390);
    expect(changes).toEqual([[true, 330]]);
  });

  it.each([10, 20, 30, 60])('measures packets of %i ms alike', (ptime) => {
    const { changes, voice } = detector();
    const send = (level: number, from: number, to: number): void => {
      for (let t = from; t < to; t += ptime) voice.g711(pcmuMagnitudes, pcmu(level, ptime), t + ptime);
    };
    send(0, 0, 600);
    send(3000, 600, 1200);
    send(0, 1200, 1800);
    expect(changes).toEqual([
      [true, 600],
      [false, 1200],
    ]);
  });

  it('has its threshold where input_sensitivity says: 44 is a mean of 206.8', () => {
    for (const [level, heard] of [
      [196, false],
      [212, true],
    ] as const) {
      const { changes, voice } = detector(44);
      for (let i = 1; i < 10; i++) voice.g711(pcmuMagnitudes, pcmu(level), i * 20);
      expect(changes.length > 0, `level ${level}`).toBe(heard);
    }
  });

  it('hears nothing at sensitivity 0, and the least noise but no digital silence at 100', () => {
    const deaf = detector(0);
    const keen = detector(100);
    for (let i = 1; i < 10; i++) {
      deaf.voice.g711(pcmuMagnitudes, pcmu(32124), i * 20);
      keen.voice.g711(pcmuMagnitudes, new Uint8Array(160).fill(pcmuSilence), i * 20);
    }
    expect([deaf.changes, keen.changes]).toEqual([[], []]);
    for (let i = 10; i < 20; i++) keen.voice.g711(pcmaMagnitudes, new Uint8Array(160).fill(pcmaSilence), i * 20);
    expect(keen.changes).toHaveLength(1);
  });

  it('hears the same in A-law', () => {
    const { changes, voice } = detector();
    const payload = new Uint8Array(160);
    encodePcma(
      Int16Array.from(payload, (_, i) => (i % 2 ? 3000 : -3000)),
      payload,
    );
    for (let i = 1; i < 5; i++) voice.g711(pcmaMagnitudes, payload, i * 20);
    expect(changes).toEqual([[true, 0]]);
  });

  it('takes a codec that it cannot measure for speech, and digits and comfort noise for silence', () => {
    const { changes, voice } = detector();
    for (let t = 20; t <= 200; t += 20) voice.unmeasured(t);
    for (let t = 220; t <= 500; t += 20) voice.quiet(t);
    expect(changes).toEqual([
      [true, 0],
      [false, 200],
    ]);
  });

  it('alternates, never goes back in time and never tells of the future, whatever comes', () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 400 }),
      what: fc.constantFrom('speech', 'silence', 'cn', 'other', 'tick', 'empty'),
      ms: fc.constantFrom(1, 10, 20, 30, 60, 240),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { changes, voice } = detector();
        let t = 0;
        for (const { wait, what, ms } of steps) {
          t += wait;
          const before = changes.length;
          if (what === 'tick') voice.tick(t);
          else if (what === 'cn') voice.quiet(t);
          else if (what === 'other') voice.unmeasured(t);
          else if (what === 'empty') voice.g711(pcmuMagnitudes, new Uint8Array(0), t);
          else voice.g711(pcmuMagnitudes, pcmu(what === 'speech' ? 3000 : 0, ms), t);
          for (const [, at] of changes.slice(before)) expect(at).toBeLessThanOrEqual(t + 1e-9);
        }
        changes.forEach(([speaking, at], i) => {
          expect(speaking).toBe(i % 2 === 0);
          expect(at).toBeGreaterThanOrEqual(changes[i - 1]?.[1] ?? 0);
        });
      }),
    );
  });
});
