import type Srf from 'drachtio-srf';
import type { Dialog, SrfRequest, SrfResponse } from 'drachtio-srf';
import { headersOf } from './message.ts';
import type { Headers } from './session-timer.ts';

/** A request of ours within a dialog. */
export interface DialogRequest {
  readonly method: 'INVITE' | 'UPDATE' | 'INFO' | 'REFER' | 'BYE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For a far end that asks who we are; those of the dialog by default. */
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
}

/** How such a request ended. */
export interface FinalResponse {
  /** 408 where nobody answers, which a server says after 32 s (RFC 3261 §17.1.1.2); 0 where it could not be sent. */
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** What drachtio-srf has and its types leave out. */
interface WideSrf {
  request(
    options: Omit<DialogRequest, 'auth'> & { uri: string; stackDialogId: string; auth: unknown },
    callback: (err: unknown, sent?: WideRequest) => void,
  ): void;
}
interface WideRequest {
  on(event: 'response', listener: (response: SrfResponse, acknowledge: () => void) => void): void;
  on(event: 'update', listener: (update: SrfRequest, response: SrfResponse) => void): void;
  /** A challenge was answered: the request that goes on in place of this one. */
  on(event: 'authenticate', listener: (again: WideRequest) => void): void;
}
interface WideDialog {
  readonly id: string;
  readonly auth?: unknown;
  emit(event: string, request: SrfRequest, response: SrfResponse): void;
}

/**
 * Sends a request within a dialog over whatever connection there is to its server; resolves with its final response, with
 * 408 when the signal is aborted, and never rejects. A 2xx to an INVITE is acknowledged. Not by way of the dialog, which
 * would keep an UPDATE of the far end that crosses the request to itself.
 */
export const sendInDialog = (
  srf: Srf,
  dialog: Dialog,
  request: DialogRequest,
  signal: AbortSignal,
): Promise<FinalResponse> =>
  new Promise((resolve) => {
    const wide = dialog as unknown as WideDialog;
    const end = (status: number, response?: SrfResponse): void => {
      signal.removeEventListener('abort', onAbort);
      resolve({ status, headers: response ? headersOf(response) : {}, body: response?.body ?? '' });
    };
    const onAbort = (): void => end(408);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const handOver = (sent: WideRequest): void => {
      sent.on('update', (update, response) => wide.emit('update', update, response));
      sent.on('authenticate', handOver);
    };
    const options = { ...request, uri: 'sip:placeholder', stackDialogId: wide.id, auth: request.auth ?? wide.auth };
    try {
      (srf as unknown as WideSrf).request(options, (err, sent) => {
        if (err || !sent) return end(isUnknownDialog(err) ? 481 : 0);
        handOver(sent);
        sent.on('response', (response, acknowledge) => {
          if (response.status < 200) return;
          if (request.method === 'INVITE' && response.status < 300) acknowledge();
          end(response.status, response);
        });
      });
    } catch {
      // There is no connection to the server at the moment.
      end(0);
    }
  });

/** True where the server knows the dialog no more: the far end's BYE, or the server's own, was faster than ours. */
export const isUnknownDialog = (err: unknown): boolean =>
  typeof err === 'object' && err !== null && 'code' in err && err.code === 'ENODIALOG';
