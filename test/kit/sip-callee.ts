import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAudio } from '../../src/sdp/audio.ts';
import { deferred } from './deferred.ts';
import type { Phone } from './phone.ts';
import { createDialog, type Dialog, newToken, retransmitMs } from './sip-dialog.ts';
import { cseqOf, headerOf, type SipMessage, uriOf } from './sip-message.ts';
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
  /** Asks INVITEs for a digest (RFC 8760 with MD5) and takes them with this one alone. */
  readonly digest?: { readonly username: string; readonly password: string };
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
  /** A re-INVITE; resolves with the answer, of any status. */
  reinvite(sdp: string): Promise<SipMessage>;
  /** Any other request in the dialog. */
  send(method: string, body?: string, type?: string): Promise<number>;
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

/** True if the INVITE proves that its sender knows the password (RFC 2617 §3.2.2 without qop). */
const hasDigest = (invite: SipMessage, known: { readonly username: string; readonly password: string }): boolean => {
  const given = headerOf(invite, 'authorization');
  const uri = /uri="([^"]*)"/.exec(given)?.[1] ?? '';
  const proof = md5(`${md5(`${known.username}:${realm}:${known.password}`)}:${nonce}:${md5(`INVITE:${uri}`)}`);
  return given.includes(`response="${proof}"`);
};

export const createCallee = async (options: CalleeOptions): Promise<Callee> => {
  const { phone, status = 200, ringMs = 0 } = options;
  const calls: OpenCall[] = [];
  let waitedFor = 0;
  let closed = false;

  const startTalking = (sdp: string): void => {
    if (sdp === '') return;
    const { address, port } = parseAudio(sdp);
    phone.learn(sdp);
    phone.startSending(address, port);
  };

  const challenge = (invite: SipMessage, peer: SipAddress): void => {
    const state = { callId: '', local: `${headerOf(invite, 'to')};tag=${newToken()}`, remote: '', remoteTarget: '' };
    const dialog = createDialog(transport, () => peer, { ...state, localCseq: 1 }, user);
    dialog.reply(invite, 401, peer, { headers: { 'WWW-Authenticate': `Digest realm="${realm}", nonce="${nonce}"` } });
  };

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
    let answer = 100;
    let done = false;

    /** The final response, again and again until its ACK (RFC 3261 §13.3.1.4). */
    const respond = async (final: number): Promise<void> => {
      answer = final;
      if (final >= 300) ended.resolve(final === 487 ? 'cancelled' : 'refused');
      else startTalking(invite.body);
      for (let sends = 0; sends < 20 && !done && !closed; sends++) {
        dialog.reply(invite, final, peer, final < 300 ? { body: phone.sdp() } : {});
        await Promise.race([acknowledged.promise, sleep(retransmitMs)]);
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
        const response = await dialog.transact('INVITE', { body: sdp });
        transport.send(dialog.request('ACK', { cseq: cseqOf(response).number }), peer);
        if (response.body !== '') phone.learn(response.body);
        return response;
      },
      async send(method, body, type) {
        const response = await dialog.transact(method, { ...(body ? { body } : {}), ...(type ? { type } : {}) });
        return response.status ?? 0;
      },
      receive(message, from) {
        peer = from;
        if (message.status !== undefined) return dialog.respond(message);
        const { method } = message;
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
        if (method === 'INVITE') startTalking(message.body);
        dialog.reply(message, 200, from, method === 'INVITE' ? { body: phone.sdp() } : {});
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
      if (message.method !== 'INVITE') return;
      const refused = options.digest !== undefined && !hasDigest(message, options.digest);
      if (refused) challenge(message, peer);
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
