import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAudio } from '../../src/sdp/audio.ts';
import { deferred } from './deferred.ts';
import { authorize, type Login, readChallenge } from './digest.ts';
import type { Phone } from './phone.ts';
import {
  createDialog,
  type Dialog,
  newToken,
  type OnRequest,
  type ReplyParts,
  type RequestParts,
  retransmitMs,
} from './sip-dialog.ts';
import { cseqOf, headerOf, type SipMessage, tagOf, uriOf } from './sip-message.ts';
import { openTcp, openUdp, type SipAddress } from './sip-transport.ts';

export interface CalleeOptions {
  readonly phone: Phone;
  /** Default: udp. */
  readonly transport?: 'udp' | 'tcp';
  /** The final response to each INVITE, 200 or more; null rings until CANCEL. Default: 200. */
  readonly status?: number | null;
  /** Milliseconds between 180 and the final response. Default: 0. */
  readonly ringMs?: number;
  /** Rings with a 183 and the phone's sound instead of a 180. */
  readonly earlyMedia?: boolean;
  /** Asks INVITEs for a digest with MD5 and takes them with this one alone. */
  readonly digest?: Login & {
    /** Asks as RFC 8760 does: SHA-256 first, then MD5, each with qop. */
    readonly modern?: boolean;
  };
  /** What its 200 has beside: headers, or another SDP than the phone's. */
  readonly answer?: ReplyParts;
  /** To be told before it rings: a status here is the answer at once, and no call is made of it. */
  readonly refuse?: (invite: SipMessage) => ({ readonly status: number } & ReplyParts) | undefined;
  /** Default: 200, with the phone's SDP to a re-INVITE. */
  readonly onRequest?: OnRequest;
  /** A proxy has forked the call: this many ms after its 200 another phone answers too, under a tag of its own. */
  readonly otherAnswerAfterMs?: number;
  /** Answers CANCEL with 200 and the INVITE with 200 too: the answer has crossed it. */
  readonly answersCancel?: boolean;
}

/** One call that the callee has got. */
export interface ReceivedCall {
  readonly invite: SipMessage;
  /** Resolves with the ACK to the 200. */
  readonly acknowledged: Promise<SipMessage>;
  /** Who ended it; `refused` by our status, `cancelled` by CANCEL. */
  readonly ended: Promise<'callee' | 'server' | 'refused' | 'cancelled'>;
  /** Requests in the dialog, BYE among them. */
  readonly requests: readonly SipMessage[];
  hangup(): Promise<number>;
  /** A re-INVITE; resolves with the answer, of any status. null: without an offer; the ACK has the phone's SDP. */
  reinvite(sdp: string | null): Promise<SipMessage>;
  /** Any other request in the dialog, also while it rings. */
  send(method: string, body?: string, type?: string): Promise<number>;
  /** The same with all of its answer. */
  request(method: string, parts?: Omit<RequestParts, 'cseq'>): Promise<SipMessage>;
  /** The requests that the other phone of a fork has got: its ACK and its BYE. */
  readonly atOther: readonly SipMessage[];
}

/** A SIP user agent that takes calls: the other end of `connect`. */
export interface Callee {
  /** sip:callee@127.0.0.1:PORT */
  readonly uri: string;
  readonly address: SipAddress;
  readonly calls: readonly ReceivedCall[];
  /** Resolves with the next call that was not yet waited for. */
  nextCall(timeoutMs?: number): Promise<ReceivedCall>;
  readonly messages: readonly string[];
  /** How many OPTIONS have come outside of a call. */
  probes(): number;
  /** What OPTIONS are answered from now on, at first 200; null: nothing. */
  answerOptions(status: number | null): void;
  close(): Promise<void>;
}

interface OpenCall extends ReceivedCall {
  readonly dialog: Dialog;
  receive(message: SipMessage, peer: SipAddress): void;
}

const user = 'callee';
const realm = 'callee.example';
const nonce = 'f84f1cec41e6cbe5aea9c8e88d359';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** True if the INVITE proves that its sender knows the password (RFC 2617 §3.2.2, with qop where it was asked for). */
const hasDigest = (invite: SipMessage, known: NonNullable<CalleeOptions['digest']>): boolean => {
  const given = headerOf(invite, 'authorization');
  if (known.modern) {
    const { uri = '', nc = '0', cnonce = '' } = readChallenge(given);
    const challenge = { realm, nonce, algorithm: 'MD5' };
    const expected = authorize(challenge, known, { uri, nc: Number.parseInt(nc, 16), cnonce });
    return readChallenge(expected).response === readChallenge(given).response;
  }
  const uri = /uri="([^"]*)"/.exec(given)?.[1] ?? '';
  const proof = md5(`${md5(`${known.username}:${realm}:${known.password}`)}:${nonce}:${md5(`INVITE:${uri}`)}`);
  return given.includes(`response="${proof}"`);
};

export const createCallee = async (options: CalleeOptions): Promise<Callee> => {
  const { phone, status = 200, ringMs = 0 } = options;
  const calls: OpenCall[] = [];
  let waitedFor = 0;
  let probes = 0;
  let optionsStatus: number | null = 200;
  let closed = false;

  const startTalking = (sdp: string): void => {
    if (sdp === '') return;
    const { address, port } = parseAudio(sdp);
    phone.learn(sdp);
    phone.startSending(address, port);
  };

  /** Answers a request that belongs to no call. */
  const answerAlone = (request: SipMessage, status: number, peer: SipAddress, parts: ReplyParts = {}): void => {
    const state = { callId: '', local: `${headerOf(request, 'to')};tag=${newToken()}`, remote: '', remoteTarget: '' };
    const dialog = createDialog(transport, () => peer, { ...state, localCseq: 1 }, user);
    dialog.reply(request, status, peer, parts);
  };
  const challenge = (invite: SipMessage, peer: SipAddress): void =>
    answerAlone(invite, 401, peer, {
      headers: {
        'WWW-Authenticate': options.digest?.modern
          ? ['SHA-256', 'MD5']
              .map((each) => `Digest realm="${realm}", nonce="${nonce}", algorithm=${each}, qop="auth,auth-int"`)
              .join('\r\nWWW-Authenticate: ')
          : `Digest realm="${realm}", nonce="${nonce}"`,
      },
    });

  const takeCall = (invite: SipMessage, firstPeer: SipAddress): OpenCall => {
    let peer = firstPeer;
    const state = {
      callId: headerOf(invite, 'call-id'),
      local: `${headerOf(invite, 'to')};tag=${newToken()}`,
      remote: headerOf(invite, 'from'),
      remoteTarget: uriOf(headerOf(invite, 'contact')),
      localCseq: 1,
    };
    const dialog = createDialog(transport, () => peer, state, user);
    const acknowledged = deferred<SipMessage>();
    const ended = deferred<'callee' | 'server' | 'refused' | 'cancelled'>();
    const requests: SipMessage[] = [];
    const atOther: SipMessage[] = [];
    const otherTag = newToken();
    let answer = 100;
    let done = false;

    /** The final response, again and again until its ACK (RFC 3261 §13.3.1.4). */
    const respond = async (final: number): Promise<void> => {
      answer = final;
      if (final >= 300) ended.resolve(final === 487 ? 'cancelled' : 'refused');
      else startTalking(invite.body);
      for (let sends = 0; sends < 20 && !done && !closed; sends++) {
        dialog.reply(invite, final, peer, final < 300 ? { body: phone.sdp(), ...options.answer } : {});
        await Promise.race([acknowledged.promise, sleep(retransmitMs)]);
      }
      if (final >= 300 || options.otherAnswerAfterMs === undefined) return;
      await sleep(options.otherAnswerAfterMs);
      const other = { body: phone.sdp(), to: `${headerOf(invite, 'to')};tag=${otherTag}` };
      for (let sends = 0; sends < 3 && atOther.length === 0 && !closed; sends++) {
        dialog.reply(invite, final, peer, other);
        await sleep(retransmitMs);
      }
    };

    const ring = async (): Promise<void> => {
      if (options.earlyMedia) {
        dialog.reply(invite, 183, peer, { body: phone.sdp() });
        startTalking(invite.body);
      } else dialog.reply(invite, 180, peer);
      if (ringMs > 0) await sleep(ringMs);
      if (status !== null && answer < 200 && !closed) await respond(status);
    };
    void ring();

    return {
      invite,
      dialog,
      acknowledged: acknowledged.promise,
      ended: ended.promise,
      requests,
      async hangup() {
        ended.resolve('callee');
        phone.stop();
        return (await dialog.transact('BYE')).status ?? 0;
      },
      async reinvite(sdp) {
        const branch = dialog.branch();
        const response = await dialog.transact('INVITE', { branch, ...(sdp === null ? {} : { body: sdp }) });
        const success = (response.status ?? 0) < 300;
        const late = sdp === null && success ? { body: phone.sdp() } : {};
        const ack = { cseq: cseqOf(response).number, ...(success ? {} : { branch }), ...late };
        transport.send(dialog.request('ACK', ack), peer);
        if (success && response.body !== '') phone.learn(response.body);
        return response;
      },
      atOther,
      request: (method, parts = {}) => dialog.transact(method, parts),
      async send(method, body, type) {
        const response = await dialog.transact(method, { ...(body ? { body } : {}), ...(type ? { type } : {}) });
        return response.status ?? 0;
      },
      receive(message, from) {
        peer = from;
        if (message.status !== undefined) return dialog.respond(message);
        const { method } = message;
        if (tagOf(headerOf(message, 'to')) === otherTag) {
          atOther.push(message);
          if (method !== 'ACK') dialog.reply(message, 200, from);
          return;
        }
        if (method === 'ACK') {
          done = true;
          if (answer < 300 && invite.body === '') startTalking(message.body);
          return acknowledged.resolve(message);
        }
        requests.push(message);
        if (method === 'CANCEL') {
          dialog.reply(message, 200, from);
          if (answer < 200) void respond(options.answersCancel ? 200 : 487);
          return;
        }
        const chosen = options.onRequest?.(message);
        if (chosen === 'no answer') return;
        // Before it answers: its answer has what it learns from the offer.
        if (method === 'INVITE' && (chosen?.status ?? 200) < 300) startTalking(message.body);
        const usual = method === 'INVITE' ? { body: phone.sdp() } : {};
        dialog.reply(message, chosen?.status ?? 200, from, chosen ?? usual);
        if (method === 'BYE') {
          phone.stop();
          ended.resolve('server');
        }
      },
    };
  };

  const receive = (message: SipMessage, peer: SipAddress): void => {
    const callId = headerOf(message, 'call-id');
    const known = calls.find((each) => each.dialog.state.callId === callId);
    if (known === undefined) {
      if (message.method === 'OPTIONS') {
        probes++;
        if (optionsStatus !== null) answerAlone(message, optionsStatus, peer);
      }
      if (message.method !== 'INVITE') return;
      const refused = options.digest !== undefined && !hasDigest(message, options.digest);
      const other = refused ? undefined : options.refuse?.(message);
      if (refused) challenge(message, peer);
      else if (other) answerAlone(message, other.status, peer, other);
      else calls.push(takeCall(message, peer));
      return;
    }
    // A retransmitted INVITE: our response is on its way.
    const isFirst = message.method === 'INVITE' && cseqOf(message).number === cseqOf(known.invite).number;
    if (!isFirst) known.receive(message, peer);
  };

  const transport = await (options.transport === 'tcp' ? openTcp(receive) : openUdp(receive));
  const { host, port } = transport.local;
  return {
    uri: `sip:${user}@${host}:${port}${transport.kind === 'tcp' ? ';transport=tcp' : ''}`,
    address: transport.local,
    calls,
    messages: transport.messages,
    probes: () => probes,
    answerOptions(status) {
      optionsStatus = status;
    },
    async nextCall(timeoutMs = 5000) {
      const index = waitedFor++;
      for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += 20) {
        const next = calls[index];
        if (next !== undefined) return next;
        await sleep(20);
      }
      throw new Error(`no call came to ${host}:${port} in ${timeoutMs} ms\n${transport.messages.join('\n')}`);
    },
    async close() {
      closed = true;
      phone.stop();
      await transport.close();
    },
  };
};
