import { setTimeout as sleep } from 'node:timers/promises';
import { deferred } from './deferred.ts';
import { cseqOf, headerOf, headersOf, type SipMessage, writeSip } from './sip-message.ts';
import type { SipAddress, SipTransport } from './sip-transport.ts';

/** Who we and they are in one dialog; the remote side changes as answers come in. */
export interface DialogState {
  readonly callId: string;
  readonly local: string;
  remote: string;
  /** Request-URI of what we send in the dialog: their Contact. */
  remoteTarget: string;
  localCseq: number;
}

export interface Dialog {
  readonly state: DialogState;
  readonly contact: string;
  /** A new Via branch. */
  branch(): string;
  /** A request as text; the branch and CSeq are the caller's to choose for ACK and CANCEL. */
  request(method: string, extra: RequestParts): string;
  /** Sends a request of the next CSeq until it has a final response, which it resolves with; rejects after 10 s. */
  transact(method: string, extra?: Omit<RequestParts, 'cseq'>): Promise<SipMessage>;
  /** The same for a request that is written already; `key` is its CSeq. */
  exchange(text: string, key: string): Promise<SipMessage>;
  /** Hands a response to the transaction that waits for it. */
  respond(response: SipMessage): void;
  /** Answers a request. */
  reply(request: SipMessage, status: number, to: SipAddress, extra?: ReplyParts): void;
}

export interface RequestParts {
  readonly uri?: string;
  readonly cseq?: number;
  readonly branch?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly type?: string;
}

export interface ReplyParts {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Another To than the dialog's: that of another branch of a fork. */
  readonly to?: string;
}

/** How a test answers a request of the server in a dialog: as a user agent does that knows nothing of it, or not at all. */
export type OnRequest = (request: SipMessage) => ({ readonly status: number } & ReplyParts) | 'no answer' | undefined;

/** Milliseconds after which a request without a response is sent again over UDP (RFC 3261 timer T1). */
export const retransmitMs = 500;
const transactionMs = 10_000;

const reasons: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  200: 'OK',
  487: 'Request Terminated',
};

const random = (): string => Math.random().toString(36).slice(2, 12);

/** A Call-ID, a tag or the like. */
export const newToken = random;

/** The parts of SIP that a caller and a callee share: requests and replies within one dialog. */
export const createDialog = (
  transport: SipTransport,
  peer: () => SipAddress,
  state: DialogState,
  user: string,
): Dialog => {
  const { host, port } = transport.local;
  const tcp = transport.kind === 'tcp' ? ';transport=tcp' : '';
  const contact = `<sip:${user}@${host}:${port}${tcp}>`;
  const waiting = new Map<string, (response: SipMessage) => void>();
  const branch = (): string => `z9hG4bK${random()}`;

  const request: Dialog['request'] = (method, { uri, cseq, branch: given, headers = {}, body = '', type }) =>
    writeSip(
      `${method} ${uri ?? state.remoteTarget} SIP/2.0`,
      [
        ['Via', `SIP/2.0/${transport.kind.toUpperCase()} ${host}:${port};branch=${given ?? branch()};rport`],
        ['Max-Forwards', '70'],
        ['From', state.local],
        ['To', state.remote],
        ['Call-ID', state.callId],
        ['CSeq', `${cseq ?? state.localCseq} ${method}`],
        ['Contact', contact],
        ...Object.entries(headers),
        ...(body === '' ? [] : ([['Content-Type', type ?? 'application/sdp']] as const)),
      ],
      body,
    );

  const exchange: Dialog['exchange'] = async (text, key) => {
    const answered = deferred<SipMessage>();
    waiting.set(key, answered.resolve);
    for (let waitedMs = 0; waitedMs < transactionMs; waitedMs += retransmitMs) {
      if (waitedMs === 0 || transport.kind === 'udp') transport.send(text, peer());
      const answer = await Promise.race([answered.promise, sleep(retransmitMs, undefined)]);
      if (answer !== undefined) return answer;
    }
    waiting.delete(key);
    throw new Error(`no final response to ${key} in ${transactionMs} ms\n${transport.messages.join('\n')}`);
  };

  return {
    state,
    contact,
    branch,
    request,
    exchange,
    transact(method, extra = {}) {
      const cseq = ++state.localCseq;
      return exchange(request(method, { ...extra, cseq }), `${cseq} ${method}`);
    },
    respond(response) {
      if ((response.status ?? 0) < 200) return;
      const { number, method } = cseqOf(response);
      const key = `${number} ${method}`;
      waiting.get(key)?.(response);
      waiting.delete(key);
    },
    reply(received, status, to, { headers = {}, body = '', to: otherTo } = {}) {
      const copied = (name: string): [string, string][] => headersOf(received, name).map((value) => [name, value]);
      const toHeader = headerOf(received, 'to');
      const tagged = /;\s*tag=/i.test(toHeader) || status === 100 ? toHeader : state.local;
      const text = writeSip(
        `SIP/2.0 ${status} ${reasons[status] ?? 'Answer'}`,
        [
          ...copied('Via'),
          ...copied('Record-Route'),
          ...copied('From'),
          ['To', otherTo ?? tagged],
          ...copied('Call-ID'),
          ...copied('CSeq'),
          ['Contact', contact],
          ...Object.entries(headers),
          ...(body === '' ? [] : ([['Content-Type', 'application/sdp']] as [string, string][])),
        ],
        body,
      );
      transport.send(text, to);
    },
  };
};
