import { describe, expect, test } from 'vitest';
import { decodePcma, decodePcmu, encodePcma, encodePcmu, pcmaSilence, pcmuSilence } from '../../../src/rtp/g711.ts';

const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);

describe.each([
  { law: 'PCMU', decode: decodePcmu, encode: encodePcmu, silence: pcmuSilence, quietest: 0, loudest: 32124 },
  { law: 'PCMA', decode: decodePcma, encode: encodePcma, silence: pcmaSilence, quietest: 8, loudest: 32256 },
])('$law', ({ law, decode, encode, silence, quietest, loudest }) => {
  test('decodes silence and the loudest levels as G.711 has them', () => {
    expect(decode(Uint8Array.of(silence))[0]).toBe(quietest);
    expect(Math.max(...decode(bytes))).toBe(loudest);
    expect(Math.min(...decode(bytes))).toBe(-loudest);
  });

  test('gives each byte back from its sample', () => {
    const encoded = new Uint8Array(256);
    encode(decode(bytes), encoded, 0);
    // PCMU has two zeros: 0x7f, the negative one, comes back as 0xff.
    const expected = bytes.map((byte) => (law === 'PCMU' && byte === 0x7f ? 0xff : byte));
    expect(encoded).toEqual(expected);
  });

  test('takes every sample to one of the two levels next to it', () => {
    const levels = [...new Set(decode(bytes))].sort((a, b) => a - b);
    const samples = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);
    const encoded = new Uint8Array(65536);
    encode(samples, encoded, 0);
    const decoded = decode(encoded);
    let next = 0;
    for (let i = 0; i < samples.length; i++) {
      const sample = samples[i] ?? 0;
      while ((levels[next] ?? Number.POSITIVE_INFINITY) < sample) next++;
      const neighbours = [levels[next - 1], levels[next]];
      if (!neighbours.includes(decoded[i])) expect([sample, decoded[i]]).toEqual([sample, neighbours]);
    }
  });

  test('writes at an offset and touches nothing else', () => {
    const target = new Uint8Array(6).fill(1);
    encode(Int16Array.of(0, 0), target, 3);
    const zero = law === 'PCMU' ? 0xff : 0xd5;
    expect([...target]).toEqual([1, 1, 1, zero, zero, 1]);
  });
});

test('known samples have the bytes that every other G.711 gives them', () => {
  const samples = Int16Array.of(0, 1000, -1000, 8000, -8000, 32767, -32768);
  const mu = new Uint8Array(7);
  const a = new Uint8Array(7);
  encodePcmu(samples, mu, 0);
  encodePcma(samples, a, 0);
  expect([...mu]).toEqual([0xff, 0xce, 0x4e, 0xa0, 0x20, 0x80, 0x00]);
  expect([...a]).toEqual([0xd5, 0xfa, 0x7a, 0x8a, 0x0a, 0xaa, 0x2a]);
});
