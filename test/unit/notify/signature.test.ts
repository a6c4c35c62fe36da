import { expect, test } from 'vitest';
import { signatureHeaders } from '../../../src/recorder/notify/signature.ts';

test('the signatures are hex HMACs over URL and body, as openssl makes them', () => {
  // printf '%s' 'https://example.com/hook?a=1{"x":"ü"}' | openssl dgst -sha1 -hmac 'key' (and -sha256)
  expect(signatureHeaders('key', 'https://example.com/hook?a=1', Buffer.from('{"x":"ü"}'))).toEqual({
    'x-signalwire-signature': '7186f53e81f91d0ab871c71225d7c9d770b1c042',
    'x-signalwire-sha256-signature': '0a1231334740393b62ae4a798d999e3a40a324ef89e213abb845fb352857a493',
  });
});
