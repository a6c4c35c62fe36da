import { parseHostPort } from './address.ts';
import { formatParameters, type Parameter, parameter, parseParameters, splitList, trimBlanks } from './grammar.ts';
import { header, type SipHeader, type SipRequest } from './message.ts';

/** One hop of a Via header (RFC 3261 section 20.42). */
export interface Via {
  /** As written: `UDP`, `TCP`. */
  readonly protocol: string;
  /** Lower case; an IPv6 address is without its brackets. */
  readonly host: string;
  /** Null where none is written. */
  readonly port: number | null;
  readonly parameters: readonly Parameter[];
}

const VIA = /^SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z0-9-]+)\s+([^\s;]+(?:\s*:\s*\d+)?)\s*(;.*)?$/is;

/** Reads one Via value, without commas; null where it is malformed. */
export function parseVia(text: string): Via | null {
  const match = VIA.exec(trimBlanks(text));
  const place = match?.[2] === undefined ? null : parseHostPort(match[2].replace(/\s+/g, ''));
  const parameters = match === null ? null : parseParameters(match[3] ?? '');
  return match?.[1] === undefined || place === null || parameters === null
    ? null
    : { protocol: match[1], ...place, parameters };
}

/** The host and port a Via names, as it is written: `127.0.0.1:5060`, `[::1]`. */
export function sentBy(via: Pick<Via, 'host' | 'port'>): string {
  const host = via.host.includes(':') ? `[${via.host}]` : via.host;
  return via.port === null ? host : `${host}:${via.port}`;
}

/** The topmost hop of a message; null where there is none or it is malformed. */
export function topVia(message: { readonly headers: readonly SipHeader[] }): Via | null {
  const value = message.headers.find((each) => each.key === 'via')?.value;
  const first = value === undefined ? undefined : splitList([value])?.[0];
  return first === undefined ? null : parseVia(first);
}

/** The branch of the topmost hop; empty where there is none. */
export function topBranch(message: { readonly headers: readonly SipHeader[] }): string {
  return parameter(topVia(message)?.parameters ?? [], 'branch') ?? '';
}

/**
 * Notes in the topmost Via where a request really came from: `received` where sent-by is another host (RFC 3261 section
 * 18.2.1), and both `received` and `rport` where the sender asked for it (RFC 3581 section 4).
 */
export function stampVia(request: SipRequest, source: { readonly address: string; readonly port: number }): SipRequest {
  const index = request.headers.findIndex((each) => each.key === 'via');
  const hops = splitList([request.headers[index]?.value ?? '']);
  const via = hops?.[0] === undefined ? null : parseVia(hops[0]);
  if (via === null || hops === null) return request;
  const asksForPort = parameter(via.parameters, 'rport') !== undefined;
  const claims = parameter(via.parameters, 'received') !== undefined;
  if (!asksForPort && !claims && via.host === source.address) return request;

  const parameters = via.parameters.filter(({ name }) => name !== 'received');
  const stamped: Parameter[] = parameters.map((each) =>
    each.name === 'rport' ? { name: 'rport', value: String(source.port) } : each,
  );
  stamped.push({ name: 'received', value: source.address });
  const first = `SIP/2.0/${via.protocol} ${sentBy(via)}${formatParameters(stamped)}`;
  const headers = [...request.headers];
  headers[index] = header('Via', [first, ...hops.slice(1)].join(', '));
  return { ...request, headers };
}

/**
 * Where a response goes that can't go back over a connection, from the topmost Via of the request (RFC 3261 section 18.2.2);
 * over UDP, to the port the request came from where the sender asked for that (RFC 3581 section 4).
 */
export function responsePlace(via: Via, protocol: 'udp' | 'tcp'): { readonly address: string; readonly port: number } {
  const rport = protocol === 'udp' ? parameter(via.parameters, 'rport') : null;
  return {
    address: parameter(via.parameters, 'received') ?? via.host,
    port: rport ? Number(rport) : (via.port ?? 5060),
  };
}
