import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openOpusDecoder } from '../../../src/rtp/opus.ts';
import { opusTicks } from '../../../src/rtp/opus-packet.ts';

/** A table-of-contents byte: configuration, mono, code of the number of frames. */
const toc = (configuration: number, code: number): number => (configuration << 3) | code;

test.each([
  ['SILK, 10 ms', [toc(0, 0), 1, 2], 480],
  ['SILK, 60 ms', [toc(11, 0), 1, 2], 2880],
  ['hybrid, 20 ms', [toc(15, 0), 1], 960],
  ['CELT, 2.5 ms', [toc(16, 0), 1], 120],
  ['CELT, 20 ms', [toc(31, 0), 1], 960],
  ['a packet of DTX: no more than its first byte', [toc(1, 0)], 960],
  ['two frames alike', [toc(31, 1), 1, 2, 3, 4], 1920],
  ['two frames alike of an odd length', [toc(31, 1), 1, 2, 3], 0],
  ['two frames with a length', [toc(31, 2), 1, 9, 8, 8], 1920],
  ['two frames with a length beyond the end', [toc(31, 2), 9, 9], 0],
  ['two frames without the length', [toc(31, 2)], 0],
  ['six frames of one byte', [toc(31, 3), 6, 1, 2, 3, 4, 5, 6], 5760],
  ['seven frames of 20 ms: more than 120 ms', [toc(31, 3), 7, 1, 2, 3, 4, 5, 6, 7], 0],
  ['no frames', [toc(31, 3), 0], 0],
  ['two frames and padding', [toc(31, 3), 0x42, 2, 1, 2, 0, 0], 1920],
  ['padding beyond the end', [toc(31, 3), 0x42, 9, 1, 2], 0],
  ['endless padding', [toc(31, 3), 0x42, 255, 255], 0],
  ['three frames of different lengths', [toc(31, 3), 0x83, 1, 2, 1, 2, 2, 3], 2880],
  ['three frames of which one has no length', [toc(31, 3), 0x83, 1], 0],
  ['nothing', [], 0],
])('%s: %j covers %d ticks', (_name, bytes, ticks) => {
  expect(opusTicks(Uint8Array.from(bytes))).toBe(ticks);
});

test('whatever comes as a packet is decoded to what it covers, or to nothing', async () => {
  const decoder = await openOpusDecoder(8000);
  try {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (packet) => {
        expect(decoder.decode(packet).length).toBe(opusTicks(packet) / 6);
      }),
      { numRuns: 300 },
    );
  } finally {
    decoder.close();
  }
});
