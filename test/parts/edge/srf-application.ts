import { createRequire } from 'node:module';
import type Srf from 'drachtio-srf';
import type { Dialog, SrfRequest, SrfResponse } from 'drachtio-srf';
import type { SipServer } from './server.ts';

/** A drachtio-srf application that is connected to a server. */
export interface SrfApplication {
  readonly srf: Srf;
  /** Errors of its connection. */
  readonly errors: Error[];
  /** Closes its connection as a process does that dies; it does not come back. Idempotent. */
  close(): void;
}

interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

/** What this uses of drachtio-srf and its types leave out. */
interface Connectable {
  connect(options: ConnectOptions): void;
  on(event: 'connect', listener: (error: Error | null) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  disconnect(): void;
}

const createSrf = createRequire(import.meta.url)('drachtio-srf') as new () => Srf;

/** Connects an application; `setUp` registers its handlers before, so that its routes go out with the connection. */
export async function connectApplication(
  server: Pick<SipServer, 'controlPort' | 'secret'>,
  setUp: (srf: Srf) => void = () => {},
): Promise<SrfApplication> {
  const srf = new createSrf();
  const connectable = srf as unknown as Connectable;
  const errors: Error[] = [];
  connectable.on('error', (error) => void errors.push(error));
  setUp(srf);
  await new Promise<void>((resolve, reject) => {
    connectable.on('connect', (error) => (error ? reject(error) : resolve()));
    connectable.connect({ host: '127.0.0.1', port: server.controlPort, secret: server.secret });
  });
  let open = true;
  return {
    srf,
    errors,
    close() {
      if (open) connectable.disconnect();
      open = false;
    },
  };
}

/** A session description that points nowhere. */
export const SDP = [
  ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 40000 RTP/AVP 0'],
  ...['a=rtpmap:0 PCMU/8000', ''],
].join('\r\n');

/** What a dialog of drachtio-srf can do and its types leave out. */
export interface WideDialog {
  on(event: 'destroy', listener: (req: SrfRequest, why: string) => void): void;
  on(event: string, listener: (req: SrfRequest, res: SrfResponse) => void): void;
  modify(sdp: string): Promise<string>;
  request(options: { method: string; headers?: Record<string, string>; body?: string }): Promise<SrfResponse>;
  destroy(): Promise<unknown>;
}

/** A dialog without the gaps of its types. */
export function wide(dialog: Dialog): WideDialog {
  return dialog as unknown as WideDialog;
}

/** Calls, and hands over the INVITE as soon as it is sent: its types leave out that an error comes before it. */
export function callAndSee(srf: Srf, uri: string, seen: (sent: SrfRequest) => void): Promise<Dialog> {
  const cbRequest = (_: unknown, sent?: SrfRequest) => {
    if (sent) seen(sent);
  };
  return srf.createUAC(uri, { localSdp: SDP }, { cbRequest: cbRequest as (sent: SrfRequest) => void });
}

/** Answers every call with a session description, and hands over its dialog. */
export function answerCalls(srf: Srf, established: (dialog: WideDialog) => void = () => {}, localSdp = SDP): void {
  // A failure is an unhandled rejection on purpose: it fails the test run.
  srf.invite((req, res) => void srf.createUAS(req, res, { localSdp }).then((dialog) => established(wide(dialog))));
}
