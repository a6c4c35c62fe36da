import type Srf from 'drachtio-srf';
import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import type { OptionsAnswer } from './trunk-probes.ts';

/** What the types of drachtio-srf say wrongly of a request outside of a dialog. */
interface RequestSender {
  request(
    uri: string,
    options: { method: string; headers: Record<string, string> },
    callback: (err: unknown, sent?: SrfRequest) => void,
  ): void;
}

/** True for a response that came from somebody, false for one that the drachtio-server has made up (408, 503). */
export const isFromNetwork = (response: { readonly source_address?: string }): boolean =>
  (response.source_address ?? '') !== '';

/** Sends an OPTIONS (RFC 3261 §11.1) by this server; undefined where it could not be sent. Never rejects. */
export const askOptions = (
  srf: Srf,
  { uri, from }: { readonly uri: string; readonly from: string },
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<OptionsAnswer | undefined> =>
  new Promise((resolve) => {
    const settle = (answer: OptionsAnswer | undefined): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      resolve(answer);
    };
    // The server's own time-out ends the transaction after us.
    const giveUp = (): void => settle({ status: 0, fromNetwork: false });
    const timer = setTimeout(giveUp, timeoutMs);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      const headers = { From: from, Accept: 'application/sdp', 'Max-Forwards': '70' };
      (srf as unknown as RequestSender).request(uri, { method: 'OPTIONS', headers }, (err, sent) => {
        if (err || !sent) return settle(undefined);
        sent.on('response', (response?: SrfResponse) => {
          if (response && response.status >= 200) {
            settle({ status: response.status, fromNetwork: isFromNetwork(response) });
          }
        });
      });
    } catch {
      settle(undefined); // There is no connection to the server at the moment.
    }
  });
