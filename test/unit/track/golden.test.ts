import { describe, expect, test } from 'vitest';
import { createTrack } from '../../../src/recorder/track/track.ts';
import { goertzelDb, tone } from '../../sound/tone.ts';
import { firstDifference, join, readAll, render, throughG711 } from './render.ts';
import { createSender, randomNumbers, type SenderOptions } from './sender.ts';
import { anchorMs } from './tolerances.ts';

const sine = tone(440, 8000, 20, 0.5);

/** Where the sound begins in the samples, which must be exactly the sound from there on. */
const placeOf = (sound: Int16Array, samples: Int16Array): number => {
  const lead = sound.findIndex((sample) => sample !== 0);
  const at = samples.findIndex((sample) => sample !== 0) - lead;
  let wrong = 0;
  for (let i = 0; i < sound.length; i++) if (samples[at + i] !== sound[i]) wrong++;
  const after = samples.subarray(at + sound.length).findIndex((sample) => sample !== 0);
  expect({ wrong, after }).toEqual({ wrong: 0, after: -1 });
  return at / 8;
};

const renderSine = (options: SenderOptions, act = (sender: ReturnType<typeof createSender>) => sender.say(sine)) => {
  const sender = createSender(options);
  act(sender);
  return render(sender.arrivals(), sender.nowMs() + 500);
};

describe('a 440 Hz sine without loss comes out bit for bit, without a sample more or less,', () => {
  test('where packets arrive as they are sent: at its time exactly', () => {
    expect(placeOf(throughG711(sine), renderSine({}).samples)).toBe(20);
  });

  test.each([1, 2, 3, 4, 5])('under +-10 ms of jitter, %#', (seed) => {
    const random = randomNumbers(seed);
    const { samples, track } = renderSine({ network: () => 50 + (random() - 0.5) * 20 });
    const atMs = placeOf(throughG711(sine), samples);
    expect(Math.abs(atMs - 60)).toBeLessThanOrEqual(anchorMs);
    expect(track.report).toMatchObject({ lost: 0, concealedMs: 0, jumps: 0, droppedMs: 0 });
  });

  test('over the wraps of sequence number and timestamp', () => {
    expect(placeOf(throughG711(sine), renderSine({ sequence: 65500, timestamp: 2 ** 32 - 80_000 }).samples)).toBe(20);
  });

  test('in A-law', () => {
    const { samples } = renderSine({ payloadType: 8 });
    const wanted = throughG711(sine, 'A');
    // A-law has no zero: the first sample of the sine is +8, so that its place is found by it.
    expect(placeOf(wanted, samples)).toBe(20);
  });

  test('where every third packet comes after the next two, and every fifth twice', () => {
    const sender = createSender({ network: (index) => (index % 3 === 0 ? 50 : 0) });
    sender.say(sine);
    const sent = sender.arrivals().flatMap((packet, index) => (index % 5 === 0 ? [packet, packet] : [packet]));
    const { samples, track } = render(sent, 21_000);
    expect(placeOf(throughG711(sine), samples)).toBe(20);
    expect(track.report).toMatchObject({ packets: 1000, duplicates: 200, lost: 0 });
    expect(track.report.reordered).toBeGreaterThan(300);
  });

  test('whatever the length of the packets, changing all the time', () => {
    const ptimes = [10, 20, 30, 60, 20, 10, 60, 30];
    const { samples, track } = renderSine({}, (sender) => {
      for (let at = 0, i = 0; at < sine.length; i++) {
        sender.phone.ptimeMs = ptimes[i % ptimes.length] ?? 20;
        sender.say(sine.subarray(at, at + sender.phone.ptimeMs * 8));
        at += sender.phone.ptimeMs * 8;
      }
    });
    expect(placeOf(throughG711(sine), samples)).toBe(20);
    expect(track.report.jumps).toBe(0);
  });

  test('where PCMU and PCMA take turns', () => {
    const { samples, track } = renderSine({}, (sender) => {
      for (let at = 0; at < sine.length; at += 480) {
        sender.phone.payloadType = at % 960 === 0 ? 0 : 8;
        sender.say(sine.subarray(at, at + 480));
      }
    });
    const wanted = sine.slice();
    for (let at = 0; at < sine.length; at += 480) {
      wanted.set(throughG711(sine.subarray(at, at + 480), at % 960 === 0 ? 'mu' : 'A'), at);
    }
    expect(placeOf(wanted, samples)).toBe(20);
    expect(track.report).toMatchObject({ codecs: ['PCMU', 'PCMA'], codecChanges: 333 });
  });

  test('and what is read as it goes is what is read at the end', () => {
    const random = randomNumbers(9);
    const sender = createSender({ network: () => random() * 60 });
    sender.say(sine);
    const atEnd = render(sender.arrivals(), 21_000, {}, Number.POSITIVE_INFINITY).samples;
    const asItGoes = render(sender.arrivals(), 21_000, {}, 1).samples;
    expect(firstDifference(asItGoes, atEnd)).toBe(-1);
  });
});

test('what was before the start and after the stop is not in the track', () => {
  const sender = createSender();
  sender.say(sine);
  const { samples } = render(sender.arrivals(), 12_345.6, { startMs: 5000 });
  expect(samples.length).toBe(Math.round(7345.6 * 8));
  expect(firstDifference(samples, throughG711(sine).subarray(8 * 4980, 8 * 4980 + samples.length))).toBe(-1);
});

test('a track without a packet is silence of its exact length', () => {
  const { samples } = render([], 1234.56);
  expect(samples.length).toBe(9876);
  expect(samples.every((sample) => sample === 0)).toBe(true);
});

test('a recording that ends when it begins has no samples, and one that ends before it began neither', () => {
  expect(render([], 0).samples.length).toBe(0);
  expect(render([], -5).samples.length).toBe(0);
});

test('samples become final while the call lasts, some seconds behind it', () => {
  const sender = createSender();
  sender.say(sine);
  const track = createTrack({ startMs: 0, sampleRate: 8000 });
  for (const { arrivalMs, datagram } of sender.arrivals()) track.push(arrivalMs, datagram);
  expect(join(readAll(track)).length).toBe(8 * (20_000 - 6000));
});

test('silence becomes final as time goes on without packets', () => {
  const track = createTrack({ startMs: 0, sampleRate: 8000 });
  track.advance(10_000);
  expect(join(readAll(track)).length).toBe(8 * (10_000 - 6000));
  expect(join([...track.finish(10_500)]).length).toBe(8 * 6500);
});

test('two sources that sound at once are both heard', () => {
  const one = createSender({ ssrc: 1 });
  const other = createSender({ ssrc: 2, sequence: 5, timestamp: 77 });
  one.say(tone(440, 8000, 4, 0.3));
  other.say(tone(1000, 8000, 4, 0.3));
  const sent = [...one.arrivals(), ...other.arrivals()].sort((a, b) => a.arrivalMs - b.arrivalMs);
  const { samples } = render(sent, 4020);
  const middle = samples.subarray(8000, 24000);
  expect(goertzelDb(middle, 8000, 440)).toBeCloseTo(goertzelDb(middle, 8000, 1000), 0);
  expect(goertzelDb(middle, 8000, 440)).toBeCloseTo(20 * Math.log10(0.3), 0);
});
