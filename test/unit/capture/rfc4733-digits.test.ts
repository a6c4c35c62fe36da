import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDigitDetector, type DigitDetector } from '../../../src/recorder/capture/rfc4733-digits.ts';
import { buildTelephoneEvent, eventOfDigit } from '../../../src/rtp/telephone-event.ts';

type Digit = readonly [digit: string, tStart: number, tEnd: number];

const detector = (): { found: Digit[]; digits: DigitDetector } => {
  const found: Digit[] = [];
  return { found, digits: createDigitDetector((digit, tStart, tEnd) => found.push([digit, tStart, tEnd])) };
};

interface EventPacket {
  readonly event: number;
  readonly timestamp: number;
  readonly duration: number;
  readonly end: boolean;
  readonly t: number;
  readonly ssrc?: number;
  readonly clockRate?: number;
}

const send = (digits: DigitDetector, packet: EventPacket): void => {
  const payload = buildTelephoneEvent({ event: packet.event, end: packet.end, volume: 10, duration: packet.duration });
  digits.event(packet.ssrc ?? 1, packet.timestamp, payload, packet.clockRate ?? 8000, packet.t);
};

/** The packets of one key press as phones send them: an update each 20 ms, then the end three times. */
const keyPress = (digit: string, timestamp: number, from: number, ms: number): EventPacket[] => {
  const event = eventOfDigit(digit) ?? 0;
  const updates = Array.from({ length: ms / 20 - 1 }, (_, i) => ({
    event,
    timestamp,
    duration: (i + 1) * 160,
    end: false,
    t: from + (i + 1) * 20,
  }));
  const ends = [0, 20, 40].map((late) => ({ event, timestamp, duration: ms * 8, end: true, t: from + ms + late }));
  return [...updates, ...ends];
};

describe('the digits of RFC 4733', () => {
  it.each([...'0123456789*#ABCD'])('are told once each: %s', (digit) => {
    const { found, digits } = detector();
    for (const packet of keyPress(digit, 8000, 1000, 100)) send(digits, packet);
    digits.tick(5000);
    digits.finish();
    expect(found).toEqual([[digit, 1000, 1100]]);
  });

  it('are told when the key is up, not before', () => {
    const { found, digits } = detector();
    const packets = keyPress('5', 8000, 1000, 100);
    for (const packet of packets.slice(0, 4)) send(digits, packet);
    digits.tick(1090);
    expect(found).toEqual([]);
    for (const packet of packets.slice(4, 5)) send(digits, packet);
    expect(found).toHaveLength(1);
  });

  it('are two when the same key is pressed twice', () => {
    const { found, digits } = detector();
    for (const packet of [...keyPress('1', 8000, 1000, 100), ...keyPress('1', 10400, 1300, 60)]) send(digits, packet);
    expect(found).toEqual([
      ['1', 1000, 1100],
      ['1', 1300, 1360],
    ]);
  });

  it.each([
    [
      'three other packets',
      (digits: DigitDetector) => {
        for (let i = 0; i < 3; i++) digits.otherPacket();
      },
    ],
    ['200 ms of nothing', (digits: DigitDetector) => digits.tick(1280)],
    ['the end of the recording', (digits: DigitDetector) => digits.finish()],
    ['the next key', (digits: DigitDetector) => send(digits, keyPress('2', 9999, 1100, 40)[0] as EventPacket)],
  ])('end without their end packets by %s', (_, follow) => {
    const { found, digits } = detector();
    for (const packet of keyPress('1', 8000, 1000, 100).slice(0, 4)) send(digits, packet);
    expect(found).toEqual([]);
    follow(digits);
    expect(found).toEqual([['1', 1000, 1080]]);
  });

  it('do not end by two other packets, nor by 199 ms', () => {
    const { found, digits } = detector();
    for (const packet of keyPress('1', 8000, 1000, 100).slice(0, 4)) send(digits, packet);
    digits.otherPacket();
    digits.otherPacket();
    digits.tick(1279);
    expect(found).toEqual([]);
  });

  it('are found from an end packet alone', () => {
    const { found, digits } = detector();
    for (const packet of keyPress('9', 8000, 1000, 100).slice(-1)) send(digits, packet);
    expect(found).toEqual([['9', 1040, 1140]]);
  });

  it('are one for a key that is down for more than 8 s, which changes its timestamp', () => {
    const { found, digits } = detector();
    const first = { event: 3, ssrc: 7 };
    for (let ms = 50; ms <= 8150; ms += 50) {
      send(digits, { ...first, timestamp: 4294967000, duration: ms * 8, end: false, t: 1000 + ms });
    }
    const timestamp = (4294967000 + 0xffff) % 2 ** 32;
    for (let ms = 8200; ms <= 9000; ms += 50) {
      send(digits, { ...first, timestamp, duration: ms * 8 - 0xffff, end: ms === 9000, t: 1000 + ms });
    }
    // A late packet of the first part is no new key.
    send(digits, { ...first, timestamp: 4294967000, duration: 65000, end: false, t: 10100 });
    digits.finish();
    expect(found.map(([digit, from, to]) => [digit, Math.round(from), Math.round(to)])).toEqual([['3', 1000, 10000]]);
  });

  it('count their time in ticks of their own clock', () => {
    const { found, digits } = detector();
    send(digits, { event: 1, timestamp: 1, duration: 4800, end: true, t: 500, clockRate: 48000 });
    expect(found).toEqual([['1', 400, 500]]);
  });

  it('are not flash, tones or fragments', () => {
    const { found, digits } = detector();
    for (const event of [16, 32, 36, 255]) send(digits, { event, timestamp: event, duration: 160, end: true, t: 100 });
    digits.event(1, 1, Uint8Array.of(1, 0x8a, 0), 8000, 100);
    digits.event(1, 1, new Uint8Array(0), 8000, 100);
    digits.finish();
    expect(found).toEqual([]);
  });

  it('are each told once, in their order, whatever is lost or doubled', () => {
    const press = fc.record({
      digit: fc.constantFrom(...'0123456789*#ABCD'),
      fates: fc.array(fc.constantFrom('comes', 'lost', 'twice'), { minLength: 8, maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(press, { maxLength: 6 }), (presses) => {
        const { found, digits } = detector();
        const expected: string[] = [];
        presses.forEach(({ digit, fates }, i) => {
          const packets = keyPress(digit, i * 4000, i * 500, 120).flatMap((packet, n) => {
            const fate = fates[n];
            return fate === 'lost' ? [] : fate === 'twice' ? [packet, packet] : [packet];
          });
          for (const packet of packets) send(digits, packet);
          if (packets.length > 0) expected.push(digit);
        });
        digits.finish();
        expect(found.map(([digit]) => digit)).toEqual(expected);
      }),
    );
  });
});
