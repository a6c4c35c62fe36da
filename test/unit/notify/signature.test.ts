import { expect, test } from 'vitest';
import { signatureHeaders, standardHeaders } from '../../../src/recorder/notify/signature.ts';

test('the signatures are hex HMACs over URL and body, as openssl makes them', () => {
  // printf '%s' 'https://example.com/hook?a=1{"x":"ü"}' | openssl dgst -sha1 -hmac 'key' (and -sha256)
  expect(signatureHeaders('key', 'https://example.com/hook?a=1', Buffer.from('{"x":"ü"}'))).toEqual({
    'x-signalwire-signature': '7186f53e81f91d0ab871c71225d7c9d770b1c042',
    'x-signalwire-sha256-signature': '0a1231334740393b62ae4a798d999e3a40a324ef89e213abb845fb352857a493',
  });
});

test.each([
  // printf '%s' 'rec_1.1767225600.{"x":"ü"}' | openssl dgst -sha256 -hmac 'key' -binary | base64
  ['key', 'AexLLN/6LnpKRJFRHVmCyGpSaWmv6TWkw0fP2to55dg='],
  // The same with -mac hmac -macopt hexkey:... of `secret bytes`.
  ['whsec_c2VjcmV0IGJ5dGVz', 'RhO3dQWlECKdUb+xn7f8EB5t3QE9TjaA1wX04FcBRi4='],
])('the headers of Standard Webhooks hold base64 of an HMAC over id, time and body: %s', (key, signature) => {
  expect(standardHeaders(key, 'rec_1', 1_767_225_600, Buffer.from('{"x":"ü"}'))).toEqual({
    'webhook-id': 'rec_1',
    'webhook-timestamp': '1767225600',
    'webhook-signature': `v1,${signature}`,
  });
});
