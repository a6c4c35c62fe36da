import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTrack } from '../../../src/recorder/track/track.ts';
import { tone } from '../../sound/tone.ts';
import { firstDifference, join, readAll, render, throughG711 } from './render.ts';
import { createSender } from './sender.ts';
import { cook, soup } from './soup.ts';

describe('for any soup of packets', () => {
  test.each([8000, 16000, 48000])('the length at %i Hz is that of the recording, whenever it is read', (sampleRate) => {
    fc.assert(
      fc.property(soup, fc.nat(5000), fc.nat(10), fc.nat(3000), (ingredients, startMs, readEvery, restMs) => {
        const sent = cook(ingredients);
        const stopMs = Math.max(startMs, sent.at(-1)?.arrivalMs ?? 0) + restMs;
        const track = createTrack({
          startMs,
          sampleRate,
          payloads: { 101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 } },
        });
        let length = 0;
        sent.forEach(({ arrivalMs, datagram }, index) => {
          track.push(arrivalMs, datagram);
          if (index % (readEvery + 1) === 0) length += join(readAll(track)).length;
        });
        for (const piece of track.finish(stopMs)) length += piece.length;
        expect(length).toBe(Math.round(((stopMs - startMs) * sampleRate) / 1000));
        expect(JSON.stringify(track.report)).not.toContain('null');
      }),
      { numRuns: 60 },
    );
  });
});

test('wherever packets of a steady call are lost, swapped or doubled, all others sound bit for bit at their time', () => {
  const sine = tone(440, 8000, 4, 0.5);
  const wanted = throughG711(sine);
  const fate = fc.constantFrom('arrives', 'arrives', 'arrives', 'lost', 'late', 'twice');
  fc.assert(
    fc.property(fc.array(fate, { minLength: 200, maxLength: 200 }), (fates) => {
      const sender = createSender({ network: (index) => (fates[index] === 'late' ? 90 : 0) });
      sender.say(sine);
      const sent = sender.arrivals().flatMap((packet) => {
        const index = ((packet.datagram[2] ?? 0) << 8) + (packet.datagram[3] ?? 0) - 100;
        if (fates[index] === 'lost') return [];
        return fates[index] === 'twice' ? [packet, packet] : [packet];
      });
      const { samples, track } = render(sent, 4020, {}, 7);
      let first = fates.findIndex((one) => one !== 'lost');
      // The anchor needs one packet that was not late.
      if (!fates.some((one) => one === 'arrives' || one === 'twice')) first = 200;
      for (let index = first; index < 200; index++) {
        // Next to a loss, sound is blended with its concealment.
        if ([index - 1, index, index + 1].some((near) => fates[near] === 'lost')) continue;
        const at = index * 160;
        const difference = firstDifference(samples.subarray(at + 160, at + 320), wanted.subarray(at, at + 160));
        expect({ index, difference }).toEqual({ index, difference: -1 });
      }
      const lostBetween = fates
        .slice(
          first,
          fates.findLastIndex((one) => one !== 'lost'),
        )
        .filter((one) => one === 'lost');
      expect(track.report.lost).toBe(first === 200 ? track.report.lost : lostBetween.length);
    }),
    { numRuns: 50 },
  );
});

test('what is read as it goes is what is read at the end, whatever the network does for up to 5 s', () => {
  const wait = fc.oneof(fc.constant(0), fc.nat(50), fc.nat(300), fc.nat(5000));
  const sine = tone(440, 8000, 0.1, 0.5);
  fc.assert(
    fc.property(fc.array(fc.tuple(wait, fc.nat(10)), { maxLength: 60 }), (delays) => {
      const sender = createSender({ network: (index) => delays[Math.floor(index / 5)]?.[0] ?? 0 });
      for (const [, pause] of delays) {
        sender.say(sine);
        sender.pause(pause * 20);
      }
      const sent = sender.arrivals();
      const stopMs = sender.nowMs() + 5000;
      const asItGoes = render(sent, stopMs, {}, 1).samples;
      const atEnd = render(sent, stopMs, {}, Number.POSITIVE_INFINITY).samples;
      expect(firstDifference(asItGoes, atEnd)).toBe(-1);
    }),
    { numRuns: 30 },
  );
});
