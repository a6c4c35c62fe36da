import { createHmac } from 'node:crypto';

const hmac = (algorithm: 'sha1' | 'sha256', key: string, url: string, body: Uint8Array): string =>
  createHmac(algorithm, key).update(url, 'utf8').update(body).digest('hex');

/** The secret behind a key: base64 after `whsec_`, as Standard Webhooks writes it, else the text itself. */
const secretOf = (key: string): Buffer =>
  key.startsWith('whsec_') ? Buffer.from(key.slice('whsec_'.length), 'base64') : Buffer.from(key, 'utf8');

/**
 * The headers of Standard Webhooks 1.0 (standardwebhooks.com): the same id for each attempt, when this one was made (Unix
 * seconds), and base64 of an HMAC-SHA256 over `id.timestamp.body`; the id has no full stop.
 */
export const standardHeaders = (
  key: string,
  id: string,
  timestamp: number,
  body: Uint8Array,
): Record<string, string> => ({
  'webhook-id': id,
  'webhook-timestamp': String(timestamp),
  'webhook-signature': `v1,${createHmac('sha256', secretOf(key)).update(`${id}.${timestamp}.`, 'utf8').update(body).digest('base64')}`,
});

/** The signature headers of a POST: hex HMACs over its URL, as it was configured, followed by its raw body. */
export const signatureHeaders = (key: string, url: string, body: Uint8Array): Record<string, string> => ({
  'x-signalwire-signature': hmac('sha1', key, url, body),
  'x-signalwire-sha256-signature': hmac('sha256', key, url, body),
});
