import { localAddress } from './contact.ts';
import { parseAddress, parseSipUri } from './sip/address.ts';
import { parameter } from './sip/grammar.ts';

/** Where a request is sent, or why it can't be. */
export type Destination =
  | { readonly protocol: 'udp' | 'tcp'; readonly address: string; readonly port: number }
  | { readonly refused: string };

/**
 * Finds where a URI leads (RFC 3263 without DNS): `sip:` with an IP literal or localhost, port 5060 if none is given, UDP
 * unless `transport=tcp`. Name-addr form and a bare `host:port` are understood too, as drachtio-srf allows them for a proxy.
 */
export function findDestination(text: string, transports: readonly ('udp' | 'tcp')[]): Destination {
  const bracketed = parseAddress(text)?.uri ?? '';
  const uri = parseSipUri(text) ?? parseSipUri(bracketed) ?? parseSipUri(`sip:${text}`);
  if (uri === null) return { refused: `invalid request-uri: ${text}` };
  const protocol = (parameter(uri.parameters, 'transport') ?? 'udp').toLowerCase();
  if (uri.scheme === 'sips' || (protocol !== 'udp' && protocol !== 'tcp') || !transports.includes(protocol)) {
    return { refused: `requested protocol/transport not available: ${text}` };
  }
  const address = localAddress(uri.host);
  if (address === null) {
    return { refused: `the edge does not resolve names, so "${uri.host}" must be an IP address or localhost` };
  }
  return { protocol, address, port: uri.port ?? 5060 };
}
