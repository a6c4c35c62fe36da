import { BlockList, isIP } from 'node:net';
import type { RouteScript } from '../swml/route-script.ts';

export interface Route extends RouteScript {
  /** The called number; * stands for any characters. */
  readonly to: string;
  /** Only for calls from this trunk. */
  readonly trunk?: string | undefined;
}

export interface Trunk {
  readonly name: string;
  /** Addresses and networks (CIDR) that it calls from. */
  readonly addresses: readonly string[];
}

const pattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const networkOf = (trunk: Trunk): BlockList => {
  const list = new BlockList();
  for (const entry of trunk.addresses) {
    const [address = '', bits] = entry.split('/');
    if (bits === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(bits), family(address));
  }
  return list;
};

/** Compiles routes and trunks: called number and source address -> the first route that fits. */
export const createRouter = (
  routes: readonly Route[],
  trunks: readonly Trunk[],
): ((calledNumber: string, sourceAddress: string) => { route: Route; trunk?: string } | undefined) => {
  const networks = trunks.map((trunk) => ({ name: trunk.name, network: networkOf(trunk) }));
  const compiled = routes.map((route) => ({ route, number: pattern(route.to) }));
  return (calledNumber, sourceAddress) => {
    const from = isIP(sourceAddress)
      ? networks.find(({ network }) => network.check(sourceAddress, family(sourceAddress)))?.name
      : undefined;
    const found = compiled.find(
      ({ route, number }) => number.test(calledNumber) && (route.trunk === undefined || route.trunk === from),
    );
    return found && { route: found.route, ...(from === undefined ? {} : { trunk: from }) };
  };
};
