import { expect, test } from 'vitest';
import { buildTelephoneEvent, eventOfDigit, parseTelephoneEvent } from '../../../src/rtp/telephone-event.ts';

test('every digit has its event and back', () => {
  for (const [index, digit] of [...'0123456789*#ABCD'].entries()) {
    expect(eventOfDigit(digit)).toBe(index);
    expect(parseTelephoneEvent(Uint8Array.of(index, 10, 0, 160))?.digit).toBe(digit);
  }
  expect(eventOfDigit('d')).toBe(15);
  expect(eventOfDigit('E')).toBeUndefined();
  expect(eventOfDigit('')).toBeUndefined();
  expect(eventOfDigit('12')).toBeUndefined();
});

test('the last packet of a press carries end, volume and duration', () => {
  const event = { event: 11, end: true, volume: 10, duration: 1600 };
  expect(parseTelephoneEvent(buildTelephoneEvent(event))).toEqual({ ...event, digit: '#' });
});

test('an event that is no DTMF has no digit', () => {
  expect(parseTelephoneEvent(Uint8Array.of(16, 0x8a, 0, 160))).toMatchObject({
    event: 16,
    digit: undefined,
    end: true,
  });
});

test('a payload shorter than an event is none', () => {
  expect(parseTelephoneEvent(Uint8Array.of(1, 2, 3))).toBeUndefined();
});
