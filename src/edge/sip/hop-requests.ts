import { splitList } from './grammar.ts';
import { firstValue, header, type SipHeader, type SipRequest, type SipResponse } from './message.ts';
import { parseCSeq } from './problems.ts';

/** The ACK to a response of 300 or more, which belongs to the INVITE's own transaction (RFC 3261 section 17.1.1.3). */
export function ackForFailure(invite: SipRequest, response: SipResponse): SipRequest {
  const to = firstValue(response, 'to') ?? firstValue(invite, 'to') ?? '';
  return sameHop(invite, 'ACK', header('To', to), []);
}

/** The CANCEL of a request, with further headers such as Reason (RFC 3261 section 9.1). */
export function cancelFor(invite: SipRequest, more: readonly SipHeader[]): SipRequest {
  return sameHop(invite, 'CANCEL', header('To', firstValue(invite, 'to') ?? ''), more);
}

/** A request that takes the same way and has the same branch as `invite`. */
function sameHop(invite: SipRequest, method: string, to: SipHeader, more: readonly SipHeader[]): SipRequest {
  const via = splitList([firstValue(invite, 'via') ?? ''])?.[0] ?? '';
  const sequence = parseCSeq(firstValue(invite, 'cseq'))?.number ?? 0;
  const headers = [
    header('Via', via),
    header('Max-Forwards', '70'),
    ...invite.headers.filter(({ key }) => key === 'route' || key === 'from'),
    to,
    header('Call-ID', firstValue(invite, 'call-id') ?? ''),
    header('CSeq', `${sequence} ${method}`),
    ...more,
  ];
  return { kind: 'request', method, uri: invite.uri, headers, body: '' };
}
