import fc from 'fast-check';
import { buildRtp } from '../../../src/rtp/packet.ts';
import type { Sent } from './sender.ts';

/** Packets that look like some call, with anything in them that a bad network or a bad sender makes of it. */
const packet = fc.record({
  waitMs: fc.oneof(fc.constant(20), fc.nat(300), fc.nat(20_000)),
  ssrc: fc.oneof(fc.constant(1), fc.nat(3), fc.nat(0xffffffff)),
  sequenceStep: fc.oneof(fc.constant(1), fc.integer({ min: -5, max: 5 }), fc.nat(65535)),
  timestampStep: fc.oneof(fc.constant(160), fc.integer({ min: -16000, max: 16000 }), fc.nat(0xffffffff)),
  payloadType: fc.oneof(fc.constant(0), fc.constantFrom(0, 8, 13, 101, 18), fc.nat(127)),
  length: fc.oneof(fc.constant(160), fc.nat(480), fc.nat(2000)),
});

/** Packets and rubbish, as they come. */
export const soup = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: packet },
    { weight: 1, arbitrary: fc.record({ waitMs: fc.nat(100), bytes: fc.uint8Array({ maxLength: 60 }) }) },
  ),
  { maxLength: 120 },
);

/** A soup as datagrams with their arrivals. */
export const cook = (ingredients: typeof soup extends fc.Arbitrary<infer Soup> ? Soup : never): Sent[] => {
  let arrivalMs = 0;
  let sequence = 7;
  let timestamp = 1000;
  return ingredients.map((ingredient) => {
    arrivalMs += ingredient.waitMs;
    if ('bytes' in ingredient) return { arrivalMs, datagram: ingredient.bytes };
    sequence += ingredient.sequenceStep;
    timestamp += ingredient.timestampStep;
    const { payloadType, ssrc, length } = ingredient;
    const payload = Uint8Array.from({ length }, (_, i) => i);
    return { arrivalMs, datagram: buildRtp({ payloadType, sequence, timestamp, ssrc, marker: false }, payload) };
  });
};
