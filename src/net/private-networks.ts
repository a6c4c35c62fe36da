/** A network of addresses that a URL from outside has no business with. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** The IPv4 networks that are not globally reachable: RFC 6890 and the IANA registry that follows it. */
const ipv4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, the reserved block and the broadcast address.
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** The IPv6 networks that are not globally reachable. */
const ipv6: readonly (readonly [string, number])[] = [
  // Unspecified, loopback and the deprecated form that carries IPv4 (RFC 4291, 2.5.5.1).
  ['::', 96],
  // Local translation, discard, protocol assignments with Teredo, documentation, 6to4 (deprecated).
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  // Unique local, link-local, site-local (deprecated), multicast.
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

/** IPv6 prefixes whose last 32 bits are an IPv4 address: mapped (RFC 4291, 2.5.5.2) and translated (RFC 6052, RFC 2765). */
const carriers: readonly string[] = ['::ffff:', '64:ff9b::', '::ffff:0:'];

/** All networks that isPrivateAddress is about. */
export const privateNetworks: readonly Network[] = [
  ...ipv4.map(([address, prefix]): Network => ({ address, prefix, family: 'ipv4' })),
  ...ipv6.map(([address, prefix]): Network => ({ address, prefix, family: 'ipv6' })),
  ...carriers.flatMap((carrier) =>
    ipv4.map(
      ([address, prefix]): Network => ({ address: `${carrier}${address}`, prefix: 96 + prefix, family: 'ipv6' }),
    ),
  ),
];
