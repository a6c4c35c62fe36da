import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildSenderReport, parseSenderReport } from '../../../src/rtp/sender-report.ts';

const report = { ssrc: 0xcafe0001, ntpMs: 3_900_000_000_250, timestamp: 4294967000, packets: 50, bytes: 8000 };

test('a sender report is read as it was written', () => {
  const parsed = parseSenderReport(buildSenderReport(report));
  expect(parsed).toEqual({ ...report, ntpMs: expect.closeTo(report.ntpMs, 2) });
});

test('a sender report is found behind another packet of a compound datagram', () => {
  const receiverReport = Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 1);
  const compound = Uint8Array.of(...receiverReport, ...buildSenderReport(report));
  expect(parseSenderReport(compound)?.timestamp).toBe(report.timestamp);
});

test('what has no sender report, or a cut one, has none', () => {
  expect(parseSenderReport(Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 1))).toBeUndefined();
  expect(parseSenderReport(buildSenderReport(report).subarray(0, 24))).toBeUndefined();
  expect(parseSenderReport(new Uint8Array(0))).toBeUndefined();
});

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      if (bytes.length > 1) bytes.set([0x80, 200]);
      parseSenderReport(bytes);
    }),
  );
});
