import { createHmac } from 'node:crypto';

const hmac = (algorithm: 'sha1' | 'sha256', key: string, url: string, body: Uint8Array): string =>
  createHmac(algorithm, key).update(url, 'utf8').update(body).digest('hex');

/** The signature headers of a POST: hex HMACs over its URL, as it was configured, followed by its raw body. */
export const signatureHeaders = (key: string, url: string, body: Uint8Array): Record<string, string> => ({
  'x-signalwire-signature': hmac('sha1', key, url, body),
  'x-signalwire-sha256-signature': hmac('sha256', key, url, body),
});
