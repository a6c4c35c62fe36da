import { tagOf } from './address.ts';
import { parameter } from './grammar.ts';
import { firstValue, type SipRequest, type SipResponse } from './message.ts';
import { parseCSeq } from './problems.ts';
import { sentBy, topBranch, topVia } from './via.ts';

const MAGIC_COOKIE = 'z9hG4bK';

/**
 * What tells server transactions apart (RFC 3261 section 17.2.3); `method` is INVITE to look for what an ACK or CANCEL
 * belongs to. A branch without the magic cookie is matched as in RFC 2543.
 */
export function serverTransactionKey(request: SipRequest, method = request.method): string {
  const via = topVia(request);
  const branch = parameter(via?.parameters ?? [], 'branch') ?? '';
  const from = via === null ? '' : sentBy(via);
  if (branch.startsWith(MAGIC_COOKIE)) return `${method} ${branch} ${from}`;
  const cseq = parseCSeq(firstValue(request, 'cseq'))?.number;
  const parts = [request.uri, tagOf(firstValue(request, 'from')), firstValue(request, 'call-id'), cseq, branch, from];
  return `${method} ${parts.join(' ')}`;
}

/** What tells client transactions apart (RFC 3261 section 17.1.3), from a request that is sent or a response to it. */
export function clientTransactionKey(message: SipRequest | SipResponse): string {
  return `${topBranch(message)} ${parseCSeq(firstValue(message, 'cseq'))?.method ?? ''}`;
}

/** What tells dialogs apart on the wire (RFC 3261 section 12): the Call-ID and both tags, as this side sees them. */
export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId} ${localTag} ${remoteTag}`;
}

/** The name a dialog has in drachtio's protocol: the Call-ID and the tag of whoever sent the INVITE. */
export function dialogId(invite: SipRequest): string {
  return `${firstValue(invite, 'call-id') ?? ''};from-tag=${tagOf(firstValue(invite, 'from'))}`;
}
