import { isIP, SocketAddress } from 'node:net';
import { SipreelError } from '../../errors/error.ts';

/** Where rtpengine sends one fork from. */
export interface TrackSource {
  readonly address: string;
  readonly rtpPort: number;
  /** Default: rtpPort + 1 (RFC 3550 section 11). RTCP is taken from rtpPort too (RFC 5761). */
  readonly rtcpPort?: number;
}

/** A datagram that came before its sender was known to be a fork. */
export interface HeldDatagram {
  readonly address: string;
  readonly port: number;
  readonly datagram: Buffer;
  readonly offsetMs: number;
}

/** A source after checks: the address as the socket writes it. */
export interface KnownSource {
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
}

/**
 * Checks a source and writes its address as sockets do, so that it can be compared as text.
 * @throws SipreelError capture_source_invalid
 */
export const checkSource = (source: TrackSource): KnownSource => {
  const { address, rtpPort, rtcpPort = rtpPort + 1 } = source;
  const version = isIP(address);
  if (version === 0) throw invalid(`the address of a fork has to be an IP address, not ${JSON.stringify(address)}`);
  for (const port of [rtpPort, rtcpPort]) {
    // The port after 65535 is only ever a default, and nobody sends from it.
    if (!Number.isInteger(port) || port < 1 || port > 65536) {
      throw invalid(`the port of a fork has to be 1..65535, not ${port}`);
    }
  }
  const family = version === 6 ? 'ipv6' : 'ipv4';
  return { address: new SocketAddress({ address, family }).address, rtpPort, rtcpPort };
};

/** How long and how much of unknown senders is kept while a fork is still to be made known. */
const heldForMs = 1000;
const heldOfSource = 64;
const heldSources = 4;

/** Which track a datagram belongs to: by the port that rtpengine sends from, for an SSRC may change or be shared. */
export interface Sources {
  /** The track whose fork sends from there, or -1. */
  find(address: string, port: number): number;
  /** Makes a fork known, and gives back what came from it before, in the order of arrival. */
  expect(track: number, source: KnownSource): readonly HeldDatagram[];
  /** Keeps a datagram of an unknown sender for a while; false if it has to be dropped as a stranger's. */
  hold(held: HeldDatagram): boolean;
  /** Gives up what was held too long; the answer is how many datagrams turned out to be strangers'. */
  expire(offsetMs: number): number;
  /** True for the port that sends only RTCP. */
  sendsOnlyRtcp(track: number, port: number): boolean;
}

export const createSources = (tracks: number): Sources => {
  const known: (KnownSource | undefined)[] = Array.from({ length: tracks });
  let held: HeldDatagram[] = [];

  const takeHeld = (belongs: (datagram: HeldDatagram) => boolean): HeldDatagram[] => {
    const taken = held.filter(belongs);
    held = held.filter((datagram) => !belongs(datagram));
    return taken;
  };

  return {
    find(address, port) {
      for (let track = 0; track < known.length; track++) {
        const source = known[track];
        if (source && port === source.rtpPort && address === source.address) return track;
      }
      for (let track = 0; track < known.length; track++) {
        const source = known[track];
        if (source && port === source.rtcpPort && address === source.address) return track;
      }
      return -1;
    },
    expect(track, source) {
      known[track] = source;
      return takeHeld(
        ({ address, port }) => address === source.address && (port === source.rtpPort || port === source.rtcpPort),
      );
    },
    hold(datagram) {
      // Once every fork is known, there is nobody to wait for.
      if (known.every((source) => source !== undefined)) return false;
      const same = held.filter((other) => other.address === datagram.address && other.port === datagram.port);
      if (same.length >= heldOfSource) return false;
      if (same.length === 0 && new Set(held.map(({ address, port }) => `${address}:${port}`)).size >= heldSources) {
        return false;
      }
      held.push(datagram);
      return true;
    },
    expire(offsetMs) {
      if (held.length === 0) return 0;
      const complete = known.every((source) => source !== undefined);
      return takeHeld((datagram) => complete || datagram.offsetMs <= offsetMs - heldForMs).length;
    },
    sendsOnlyRtcp: (track, port) => known[track]?.rtpPort !== port,
  };
};

const invalid = (message: string): SipreelError => new SipreelError('capture_source_invalid', message);
