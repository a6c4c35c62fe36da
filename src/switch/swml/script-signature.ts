import { createHmac } from 'node:crypto';

/**
 * The headers by which a script's server knows that a request is ours and whole: hex HMACs with the signing key over
 * the URL without credentials, followed by the raw body.
 */
export const signatureHeaders = (signingKey: string, url: string, body: string): Record<string, string> => {
  const sign = (algorithm: 'sha1' | 'sha256'): string =>
    createHmac(algorithm, signingKey)
      .update(url + body)
      .digest('hex');
  return { 'x-signalwire-signature': sign('sha1'), 'x-signalwire-sha256-signature': sign('sha256') };
};
