import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { SipreelError } from '../errors/error.ts';
import { privateNetworks } from './private-networks.ts';

/** What createOutboundDispatcher can be told. */
export interface OutboundOptions {
  /** Lets requests reach private addresses too; false by default. */
  readonly allowPrivate?: boolean;
  /** `host` or `host:port` that may always be reached, by the name or address in the URL. */
  readonly allowHosts?: readonly string[];
  /** Milliseconds for the connection, TLS included; 10,000 by default. */
  readonly connectTimeoutMs?: number;
  /** Resolves names; dns.lookup by default. */
  readonly lookup?: LookupFunction;
}

const blocked = new BlockList();
for (const { address, prefix, family } of privateNetworks) blocked.addSubnet(address, prefix, family);

/**
 * True for an IP address that is not on the public Internet: private, loopback, link-local, shared (CGNAT), multicast,
 * unspecified, reserved, and IPv6 forms that carry such an IPv4 address. True also for what is no IP address.
 */
export const isPrivateAddress = (ip: string): boolean => {
  const family = isIP(ip);
  if (family === 0) return true;
  // A zone names an interface of this machine, so the address is of this machine's links.
  if (ip.includes('%')) return true;
  return blocked.check(ip, family === 4 ? 'ipv4' : 'ipv6');
};

const refusal = (host: string, addresses: readonly string[]): SipreelError => {
  const shown = addresses.join(', ');
  return new SipreelError(
    'outbound_address_refused',
    addresses.length === 1 && host === shown
      ? `${host} is a private address; http_out.allow_private is false`
      : `${host} is the private address ${shown}; http_out.allow_private is false`,
    { details: { host, addresses } },
  );
};

/**
 * A lookup that leaves out private addresses. It runs when the connection is made and its answer is what is connected
 * to, so a name that resolves differently the second time gains nothing.
 */
const guardLookup =
  (lookup: LookupFunction): LookupFunction =>
  (hostname, options: LookupOptions, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '');
      const addresses: LookupAddress[] =
        typeof found === 'string' ? [{ address: found, family: isIP(found) }] : [...found];
      const reachable = addresses.filter(({ address }) => !isPrivateAddress(address));
      const [first] = reachable;
      if (first === undefined) {
        return callback(
          refusal(
            hostname,
            addresses.map(({ address }) => address),
          ),
          '',
        );
      }
      return options.all === true ? callback(null, reachable) : callback(null, first.address, first.family);
    });
  };

/** The forms in which a list of allowed hosts may name a connection's target. */
const namesOf = (hostname: string, port: string): string[] => {
  const host = hostname.toLowerCase();
  const forms = isIP(host) === 6 ? [host, `[${host}]`] : [host];
  return forms.flatMap((form) => [form, `${form}:${port}`]);
};

/** The host:port that a URL leads to, for a list of allowed hosts: a host without port would be all that listens there. */
export const hostPortOf = (url: URL): string =>
  url.port === '' ? `${url.host}:${url.protocol === 'https:' ? 443 : 80}` : url.host;

/** Whether a host and port that a script names may be reached without a look at what its name resolves to. */
const isAllowed = (options: OutboundOptions): ((host: string, port: string) => boolean) => {
  const allowed = new Set((options.allowHosts ?? []).map((host) => host.toLowerCase()));
  return (host, port) => options.allowPrivate === true || namesOf(host, port).some((name) => allowed.has(name));
};

/**
 * A check of the IP addresses that scripts have something sent to otherwise than by HTTP. What it gives throws
 * outbound_address_refused for private ones, unless they are allowed.
 */
export const createAddressCheck = (options: OutboundOptions): ((address: string, port: number) => void) => {
  const allowed = isAllowed(options);
  return (address, port) => {
    if (!allowed(address, String(port)) && isPrivateAddress(address)) throw refusal(address, [address]);
  };
};

/**
 * An undici dispatcher for requests to URLs that come from outside: its connections reach public addresses and the
 * allowed hosts alone. A refused request rejects with outbound_address_refused. The caller closes it.
 */
export const createOutboundDispatcher = (options: OutboundOptions = {}): Agent => {
  const allowed = isAllowed(options);
  const timeout = options.connectTimeoutMs ?? 10_000;
  const lookup = options.lookup ?? systemLookup;
  const open = buildConnector({ timeout, lookup });
  const guarded = buildConnector({ timeout, lookup: guardLookup(lookup) });

  const connect: buildConnector.connector = (target, callback) => {
    const port = target.port || (target.protocol === 'https:' ? '443' : '80');
    if (allowed(target.hostname, port)) return open(target, callback);
    // An address in the URL is connected to without any lookup.
    if (isIP(target.hostname) !== 0 && isPrivateAddress(target.hostname)) {
      return queueMicrotask(() => callback(refusal(target.hostname, [target.hostname]), null));
    }
    return guarded(target, callback);
  };
  return new Agent({ connect });
};
