import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sdpInBody } from '../../../src/sdp/body.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n';
const parts = (order: readonly string[]) => [...order.map((part) => `--cut\r\n${part}`), '--cut--\r\n'].join('\r\n');
const sdpPart = `Content-Type: application/sdp\r\n\r\n${sdp}`;
const isupPart =
  'Content-Type: application/isup;version=itu-t92+\r\nContent-Disposition: signal;handling=optional\r\n\r\n\x01\x00\x60';

test.each([
  ['alone', 'application/sdp', sdp, sdp],
  ['with parameters', 'Application/SDP; charset=utf-8', sdp, sdp],
  ['without a type', undefined, sdp, sdp],
  ['before ISUP', 'multipart/mixed;boundary=cut', parts([sdpPart, isupPart]), sdp],
  ['behind ISUP', 'multipart/mixed; x=1; boundary="cut"', parts([isupPart, sdpPart]), sdp],
  ['nowhere', 'multipart/mixed;boundary=cut', parts([isupPart]), undefined],
  ['not in another type', 'application/dtmf', sdp, undefined],
  ['not in nothing', 'application/sdp', '', undefined],
  ['not where the parts can not be told apart', 'multipart/mixed', parts([sdpPart]), undefined],
])('the SDP is found %s', (_name, type, body, expected) => {
  expect(sdpInBody(type, body)).toBe(expected);
});

test('any body is taken', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (type, body) => {
      sdpInBody(`multipart/mixed;boundary=${type}`, body);
    }),
  );
});
