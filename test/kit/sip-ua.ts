import { setTimeout as sleep } from 'node:timers/promises';
import { parseAudio } from '../../src/sdp/audio.ts';
import { deferred } from './deferred.ts';
import type { Phone } from './phone.ts';
import { createDialog, newToken, type OnRequest, type RequestParts, retransmitMs } from './sip-dialog.ts';
import { cseqOf, headerOf, type SipMessage, uriOf } from './sip-message.ts';
import { openTcp, openUdp, type SipAddress } from './sip-transport.ts';

export interface CallOptions {
  readonly target: SipAddress;
  /** Gives the SDP, and talks to the answer's address as soon as there is one (unless `talk` is false). */
  readonly phone: Pick<Phone, 'sdp' | 'startSending' | 'stop'> & Partial<Pick<Phone, 'learn'>>;
  /** Default: udp. */
  readonly transport?: 'udp' | 'tcp';
  /** The address it calls from, over UDP. Default: 127.0.0.1. */
  readonly source?: string;
  /** User part of the Request-URI. Default: 1000. */
  readonly to?: string;
  /** User part of From. Default: +15550001111. */
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The offer; null for an INVITE without one, whose ACK then carries the phone's SDP. Default: the phone's. */
  readonly sdp?: string | null;
  /** Default: true. */
  readonly talk?: boolean;
  /** Default: 200, with the phone's SDP to a re-INVITE. */
  readonly onRequest?: OnRequest;
}

/** What the 200 to an INVITE said. */
export interface Answer {
  readonly status: number;
  readonly sdp: string;
  /** Where its audio stream is received. */
  readonly rtp: { readonly address: string; readonly port: number };
  readonly headers: SipMessage['headers'];
}

export interface UaCall {
  readonly callId: string;
  /** Rejects with the messages if the call is not answered with 2xx. */
  readonly answered: Promise<Answer>;
  /** The final response to the INVITE. */
  readonly final: Promise<number>;
  /** Who ended it; `refused` if it was never answered. */
  readonly ended: Promise<'caller' | 'server' | 'refused'>;
  /** Provisional responses so far. */
  readonly provisional: readonly number[];
  /** Resolves with the first one of that status, past or to come. */
  waitForProvisional(status: number): Promise<SipMessage>;
  /** Requests that the server has sent in the dialog. */
  readonly requests: readonly SipMessage[];
  /** All messages with their times, for the print of a failing test. */
  readonly messages: readonly string[];
  /** BYE; resolves with the status of its answer. */
  hangup(headers?: Readonly<Record<string, string>>): Promise<number>;
  /** CANCEL; resolves with the status of its answer, while `final` becomes 487. */
  cancel(): Promise<number>;
  /**
   * Resolves with the answer, of any status; an sdp of null is a re-INVITE without offer, whose ACK then carries the
   * phone's SDP or another.
   */
  reinvite(sdp: string | null, more?: ReinviteParts): Promise<Answer>;
  info(body: string, type: string): Promise<number>;
  /** Any other request in the dialog. */
  send(method: string, body?: string, type?: string): Promise<number>;
  /** The same with all of its answer; in the early dialog too, once a provisional response has made one. */
  request(method: string, parts?: Omit<RequestParts, 'cseq'>): Promise<SipMessage>;
  /** Idempotent: stops the phone and closes the socket; an open call is hung up first, or `silently` just left. */
  close(how?: 'silently'): Promise<void>;
}

export interface ReinviteParts {
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer in the ACK to an offer of ours. */
  readonly ackSdp?: string;
}

const inviteMs = 30_000;

/** Calls the target from a socket of its own. */
export const call = async (options: CallOptions): Promise<UaCall> => {
  const { target, phone, from = '+15550001111', to = '1000', talk = true } = options;
  const offer = options.sdp === undefined ? phone.sdp() : options.sdp;
  const onMessage = (message: SipMessage, peer: SipAddress): void => receive(message, peer);
  const transport = await (options.transport === 'tcp'
    ? openTcp(onMessage, target)
    : openUdp(onMessage, options.source));
  const uri = `sip:${to}@${target.host}:${target.port}${transport.kind === 'tcp' ? ';transport=tcp' : ''}`;
  const state = {
    callId: `${newToken()}@127.0.0.1`,
    local: `<sip:${from}@${transport.local.host}>;tag=${newToken()}`,
    remote: `<sip:${to}@${target.host}>`,
    remoteTarget: uri,
    localCseq: 1,
  };
  const dialog = createDialog(transport, () => target, state, from);
  const inviteBranch = dialog.branch();
  const invite = dialog.request('INVITE', {
    cseq: 1,
    branch: inviteBranch,
    headers: { Allow: 'INVITE, ACK, BYE, CANCEL, INFO, OPTIONS, UPDATE', ...options.headers },
    ...(offer === null ? {} : { body: offer }),
  });

  const final = deferred<number>();
  const answered = deferred<Answer>();
  const ended = deferred<'caller' | 'server' | 'refused'>();
  const provisional: number[] = [];
  const provisionalMessages: SipMessage[] = [];
  /** To of the early dialog. */
  let earlyTo = '';
  const requests: SipMessage[] = [];
  /** CSeq of an INVITE -> its ACK, sent again for each repeated final response. */
  const acks = new Map<number, string>();
  let heardOf = false;
  let phase: 'calling' | 'up' | 'over' = 'calling';

  const finish = (by: 'caller' | 'server' | 'refused'): void => {
    phase = 'over';
    // A phone that went on would speak into the next call that gets this port of rtpengine.
    phone.stop();
    ended.resolve(by);
  };

  const answerOf = (response: SipMessage): Answer => {
    const rtp = response.body === '' ? { address: '', port: 0 } : parseAudio(response.body);
    if (response.body !== '') phone.learn?.(response.body);
    const { status = 0, headers, body } = response;
    return { status, sdp: body, rtp: { address: rtp.address, port: rtp.port }, headers };
  };

  /** An INVITE is acknowledged by its branch if it failed, and as a new transaction if it succeeded (RFC 3261 §13.2.2.4). */
  const acknowledge = (
    response: SipMessage,
    branch: string,
    requestUri: string,
    lateOffer: boolean,
    lateSdp = phone.sdp(),
  ): void => {
    const cseq = cseqOf(response).number;
    const success = (response.status ?? 0) < 300;
    const ack =
      acks.get(cseq) ??
      dialog.request('ACK', {
        cseq,
        ...(success ? {} : { branch, uri: requestUri }),
        ...(success && lateOffer ? { body: lateSdp } : {}),
      });
    acks.set(cseq, ack);
    transport.send(ack, target);
  };

  const receiveFinal = (response: SipMessage, status: number): void => {
    const first = phase === 'calling' && !acks.has(1);
    if (first) state.remote = headerOf(response, 'to');
    if (first && status < 300) state.remoteTarget = uriOf(headerOf(response, 'contact')) || uri;
    acknowledge(response, inviteBranch, uri, offer === null);
    if (!first) return;
    if (status < 300) {
      phase = 'up';
      const answer = answerOf(response);
      if (talk && answer.rtp.port !== 0) phone.startSending(answer.rtp.address, answer.rtp.port);
      answered.resolve(answer);
    } else {
      finish('refused');
      answered.reject(new Error(`the call was refused with ${status}\n${transport.messages.join('\n')}`));
    }
    final.resolve(status);
  };

  const receive = (message: SipMessage, peer: SipAddress): void => {
    heardOf = true;
    const { number, method } = cseqOf(message);
    if (message.status !== undefined) {
      if (method !== 'INVITE') dialog.respond(message);
      else if (message.status < 200) {
        provisional.push(message.status);
        provisionalMessages.push(message);
        if (message.status > 100) earlyTo = headerOf(message, 'to');
      } else if (number === 1) receiveFinal(message, message.status);
      else {
        dialog.respond(message);
        const ack = acks.get(number);
        if (ack !== undefined) transport.send(ack, target);
      }
      return;
    }
    requests.push(message);
    if (message.method === 'ACK') return;
    const isInvite = message.method === 'INVITE';
    const chosen = options.onRequest?.(message);
    if (chosen === 'no answer') return;
    dialog.reply(message, chosen?.status ?? 200, peer, chosen ?? (isInvite ? { body: phone.sdp() } : {}));
    if (message.method !== 'BYE') return;
    phone.stop();
    finish('server');
  };

  const sendInvite = async (): Promise<void> => {
    for (let waitedMs = 0; waitedMs < inviteMs && phase === 'calling'; waitedMs += retransmitMs) {
      // Over UDP until there is any response; TCP does that itself.
      if (waitedMs === 0 || (!heardOf && transport.kind === 'udp')) transport.send(invite, target);
      await Promise.race([sleep(retransmitMs), final.promise.catch(() => undefined)]);
    }
    if (phase !== 'calling') return;
    const error = new Error(`no final response to INVITE in ${inviteMs} ms\n${transport.messages.join('\n')}`);
    final.reject(error);
    answered.reject(error);
    finish('refused');
  };
  void sendInvite();

  const send: UaCall['send'] = async (method, body, type) => {
    const response = await dialog.transact(method, { ...(body ? { body } : {}), ...(type ? { type } : {}) });
    return response.status ?? 0;
  };

  const request: UaCall['request'] = (method, parts = {}) => {
    if (phase !== 'calling') return dialog.transact(method, parts);
    // Its To is that of the early dialog; a CANCEL's stays the INVITE's.
    const { remote } = state;
    const cseq = ++state.localCseq;
    state.remote = earlyTo;
    const text = dialog.request(method, { ...parts, cseq });
    state.remote = remote;
    return dialog.exchange(text, `${cseq} ${method}`);
  };

  const hangup: UaCall['hangup'] = async (headers = {}) => {
    finish('caller');
    phone.stop();
    return (await dialog.transact('BYE', { headers })).status ?? 0;
  };

  const cancel: UaCall['cancel'] = async () => {
    // With the branch and the CSeq of the INVITE (RFC 3261 section 9.1), but answered on its own.
    const text = dialog.request('CANCEL', { uri, cseq: 1, branch: inviteBranch });
    return (await dialog.exchange(text, '1 CANCEL')).status ?? 0;
  };

  return {
    callId: state.callId,
    answered: answered.promise,
    final: final.promise,
    ended: ended.promise,
    provisional,
    async waitForProvisional(status) {
      for (let waitedMs = 0; waitedMs < 5000; waitedMs += 20) {
        const found = provisionalMessages.find((each) => each.status === status);
        if (found) return found;
        await sleep(20);
      }
      throw new Error(`no ${status} came\n${transport.messages.join('\n')}`);
    },
    requests,
    messages: transport.messages,
    hangup,
    cancel,
    async reinvite(sdp, { headers = {}, ackSdp } = {}) {
      const branch = dialog.branch();
      const response = await dialog.transact('INVITE', { branch, headers, ...(sdp === null ? {} : { body: sdp }) });
      acknowledge(response, branch, state.remoteTarget, sdp === null, ackSdp);
      return answerOf(response);
    },
    info: (body, type) => send('INFO', body, type),
    send,
    request,
    async close(how) {
      phone.stop();
      // A server that has gone does not answer the BYE; there is nothing left to end then.
      if (phase === 'up' && how !== 'silently') await hangup().catch(() => undefined);
      if (phase === 'calling') {
        finish('refused');
        for (const open of [answered, final]) open.reject(new Error('the call was closed before it was answered'));
      }
      await transport.close();
    },
  };
};
