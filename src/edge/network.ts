import { localAddress } from './contact.ts';
import type { Destination } from './destination.ts';
import { parseSipUri } from './sip/address.ts';
import { sentBy } from './sip/via.ts';
import type { Flow, Place, Transport } from './transport/flow.ts';

/** The transports the edge listens on, and its own addresses. */
export interface Network {
  readonly transports: readonly ('udp' | 'tcp')[];
  /** `tcp/127.0.0.1:5060`, as applications are told. */
  hostports(): string[];
  flowTo(destination: Exclude<Destination, { refused: string }>): Flow;
  /** The edge's own Contact for a transport, in angle brackets. */
  contact(protocol: 'udp' | 'tcp'): string;
  /** Whether a URI leads to the edge itself. */
  isOwn(uri: string): boolean;
}

/** Joins the transports, which listen on one address and port. */
export function createNetwork(transports: readonly Transport[], place: () => Place): Network {
  const byProtocol = new Map(transports.map((each) => [each.protocol, each]));

  function hostport(): string {
    const { address, port } = place();
    return sentBy({ host: address, port });
  }

  return {
    transports: transports.map(({ protocol }) => protocol),
    hostports: () => [...byProtocol.keys()].map((protocol) => `${protocol}/${hostport()}`),
    flowTo({ protocol, address, port }) {
      const transport = byProtocol.get(protocol);
      if (transport === undefined) throw new TypeError(`there is no transport ${protocol}`);
      return transport.flowTo({ address, port });
    },
    contact: (protocol) => `<sip:${hostport()}${protocol === 'udp' ? '' : `;transport=${protocol}`}>`,
    isOwn(text) {
      const uri = parseSipUri(text);
      const { address, port } = place();
      return uri !== null && localAddress(uri.host) === address && (uri.port ?? 5060) === port;
    },
  };
}
