import { parseAddress } from './address.ts';
import { splitList } from './grammar.ts';
import { allValues, type SipMessage } from './message.ts';
import { topVia } from './via.ts';

/** Why a message can't be served; the status and reason are those of the answer. */
export interface Problem {
  readonly status: number;
  readonly reason: string;
}

/** The headers a message has at most once, with how they are called in an answer. */
const SINGLE: readonly (readonly [key: string, name: string, required: boolean])[] = [
  ['from', 'From', true],
  ['to', 'To', true],
  ['call-id', 'Call-ID', true],
  ['cseq', 'CSeq', true],
  ['max-forwards', 'Max-Forwards', false],
  ['content-length', 'Content-Length', false],
];

const MAX_CSEQ = 2 ** 31;

/** What a CSeq value says (RFC 3261 section 20.16); null where it is malformed. */
export function parseCSeq(value: string | undefined): { readonly number: number; readonly method: string } | null {
  const match = /^(\d{1,10})\s+(\S+)$/.exec(value ?? '');
  const number = Number(match?.[1]);
  return match?.[2] !== undefined && number < MAX_CSEQ ? { number, method: match[2] } : null;
}

/** The first fault that keeps a message from being understood (RFC 3261 section 8.1.1), or null. */
export function findProblem(message: SipMessage): Problem | null {
  if (topVia(message) === null) return bad('Via');
  for (const [key, name, required] of SINGLE) {
    const values = allValues(message, key);
    const value = values[0];
    if (values.length > 1) return bad(name);
    if (value === undefined) {
      if (required) return { status: 400, reason: `Missing ${name} Header` };
    } else if (!isGood(key, value, message)) {
      return bad(name);
    }
  }
  for (const key of ['contact', 'route', 'record-route'] as const) {
    if (!isAddressList(allValues(message, key))) return bad(key === 'contact' ? 'Contact' : key);
  }
  return null;
}

function bad(name: string): Problem {
  return { status: 400, reason: `Bad ${name} Header` };
}

function isGood(key: string, value: string, message: SipMessage): boolean {
  switch (key) {
    case 'from':
    case 'to':
      return parseAddress(value) !== null;
    case 'call-id':
      return value !== '' && !/\s/.test(value);
    case 'cseq': {
      const cseq = parseCSeq(value);
      return cseq !== null && (message.kind === 'response' || cseq.method === message.method);
    }
    case 'max-forwards':
      return /^\d{1,10}$/.test(value) && Number(value) <= 255;
    default:
      return /^\d{1,9}$/.test(value) && Number(value) <= message.body.length;
  }
}

function isAddressList(values: readonly string[]): boolean {
  if (values.length === 0 || values[0] === '*') return true;
  return splitList(values)?.every((each) => parseAddress(each) !== null) ?? false;
}
