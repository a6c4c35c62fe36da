import { SipreelError } from '../../errors/error.ts';
import type { SrtpMode } from '../../sdp/security.ts';
import type { PeerMedia } from '../media/peer-offer.ts';
import { parseDialAddress, refusalOfHeader } from './dial-address.ts';

/** How numbers are written for a trunk: the first rule counts whose prefix the number has. */
export interface NumberRule {
  readonly prefix: string;
  /** Characters that are taken off the front. */
  readonly strip: number;
  /** What is put in front then. */
  readonly add: string;
}

/** How calls leave through a trunk. */
export interface OutboundTrunk {
  readonly address: { readonly host: string; readonly port: number };
  readonly transport: 'udp' | 'tcp';
  /** Empty: no digest authentication. */
  readonly username: string;
  readonly password: string;
  /** Empty: every number as it is. A number that none fits does not leave here. */
  readonly numbers: readonly NumberRule[];
  /** The number that calls come from where the script names none. Empty: the party's own. */
  readonly from: string;
  /** The domain of From, as a carrier may want its own. Empty: its address. */
  readonly fromDomain: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The only codecs that it is offered, the preferred one first. Empty: what the party has. */
  readonly codecs: readonly string[];
  /** Whether it is to speak SRTP. */
  readonly srtp: SrtpMode;
}

/** What is asked for: a number or URI, and what goes with it. */
export interface Dialled {
  readonly to: string;
  /** A number or a sip: URI; left out: the trunk's, else the party's. */
  readonly from?: string | undefined;
  /** The display name of From. */
  readonly fromName?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Instead of the trunk's. */
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  /** What a URI is offered; trunks say it themselves. */
  readonly offered?: PeerMedia | undefined;
  /** The Session-Expires that a URI is asked for, seconds. */
  readonly sessionExpiresS?: number | undefined;
}

/** An INVITE's destination. */
export interface DialTarget {
  readonly uri: string;
  /** Value of From, without tag. */
  readonly from: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth?: { readonly username: string; readonly password: string };
  /** The name of the trunk. */
  readonly trunk?: string;
  /** What is offered, where it is not the usual. */
  readonly offered?: PeerMedia;
  /** The Session-Expires that it is asked for, seconds; default: the usual. */
  readonly sessionExpiresS?: number;
}

/**
 * Compiles trunks: what is dialled, and the URI of the party that dials -> where the INVITE may go: one target at least,
 * and with a number each trunk that takes it, the first choice first.
 * @throws SipreelError config_invalid; what it gives throws destination_invalid and trunk_missing
 */
export const createDialPlan = (
  trunks: readonly { readonly name: string; readonly outbound?: OutboundTrunk | undefined }[],
): ((dialled: Dialled, partyUri: string) => readonly [DialTarget, ...DialTarget[]]) => {
  for (const { name, outbound } of trunks) {
    for (const [header, value] of Object.entries(outbound?.headers ?? {})) {
      const refused = refusalOfHeader(header, value);
      if (refused !== undefined)
        throw new SipreelError('config_invalid', `trunk ${name}, outbound.headers: ${refused}`);
    }
  }
  return (dialled, partyUri) => {
    const to = parseDialAddress(dialled.to);
    if (to.kind === 'uri') {
      const from = dialled.from ?? callerOf(partyUri);
      const { headers, auth, offered, sessionExpiresS, fromName } = dialled;
      return [
        {
          uri: to.uri,
          from: fromHeader(from, 'localhost', fromName),
          headers,
          ...(auth ? { auth } : {}),
          ...(offered ? { offered } : {}),
          ...(sessionExpiresS === undefined ? {} : { sessionExpiresS }),
        },
      ];
    }
    const [first, ...others] = trunks.flatMap(({ name, outbound }): DialTarget[] => {
      const number = outbound && rewrite(to.number, outbound.numbers);
      if (outbound === undefined || number === undefined) return [];
      const { username, password, fromDomain, codecs, srtp } = outbound;
      const auth = dialled.auth ?? (username === '' ? undefined : { username, password });
      const from = dialled.from ?? (outbound.from === '' ? callerOf(partyUri) : outbound.from);
      return [
        {
          uri: trunkUri(outbound, number),
          from: fromHeader(from, fromDomain === '' ? hostOf(outbound) : fromDomain, dialled.fromName),
          headers: { ...outbound.headers, ...dialled.headers },
          ...(auth ? { auth } : {}),
          trunk: name,
          ...(codecs.length > 0 || srtp !== 'off'
            ? { offered: { srtp, ...(codecs.length > 0 ? { codecs } : {}) } }
            : {}),
        },
      ];
    });
    if (first) return [first, ...others];
    throw new SipreelError('trunk_missing', `no trunk takes the number ${JSON.stringify(to.number)}`, {
      details: { number: to.number },
    });
  };
};

/**
 * Those that are not known to be down.
 * @throws SipreelError trunk_down where none is left
 */
export const reachable = (targets: readonly DialTarget[], up: (trunk: string) => boolean): readonly DialTarget[] => {
  const left = targets.filter(({ trunk }) => trunk === undefined || up(trunk));
  if (left.length > 0) return left;
  const names = targets.map(({ trunk }) => trunk).join(', ');
  throw new SipreelError('trunk_down', `no trunk for ${targets[0]?.uri ?? 'it'} answers OPTIONS: down are ${names}`, {
    details: { trunks: names },
  });
};

const hostOf = ({ address: { host } }: Pick<OutboundTrunk, 'address'>): string =>
  host.includes(':') ? `[${host}]` : host;

/** The URI of a trunk, or of a number behind it. */
const trunkUri = (trunk: Pick<OutboundTrunk, 'address' | 'transport'>, number?: string): string => {
  const user = number === undefined ? '' : `${number.replaceAll('#', '%23')}@`;
  return `sip:${user}${hostOf(trunk)}:${trunk.address.port}${trunk.transport === 'tcp' ? ';transport=tcp' : ''}`;
};

/** Where a trunk is asked whether it is there, and as whom. */
export const probeTarget = (trunk: OutboundTrunk): { readonly uri: string; readonly from: string } => ({
  uri: trunkUri(trunk),
  from: fromHeader(
    trunk.from === '' ? 'sipreel' : trunk.from,
    trunk.fromDomain === '' ? 'localhost' : trunk.fromDomain,
  ),
});

const rewrite = (number: string, rules: readonly NumberRule[]): string | undefined => {
  if (rules.length === 0) return number;
  const rule = rules.find(({ prefix }) => number.startsWith(prefix));
  if (!rule) return undefined;
  const rest = number.slice(rule.strip);
  // A rule that leaves nothing is no number.
  return rule.add + rest === '' ? undefined : rule.add + rest;
};

/** The user part of a URI, if it can be shown on; what is not known is called anonymous (RFC 3323 §4.1). */
const callerOf = (uri: string): string => /^sips?:([\w.+*-]{1,64})@/i.exec(uri)?.[1] ?? 'anonymous';

/** A display name is a quoted string (RFC 3261 §25.1); nothing in it can end the header. */
const fromHeader = (from: string, host: string, name = ''): string => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const shown = name.replace(/[\x00-\x1f\x7f]/g, ' ').replace(/["\\]/g, '\\$&');
  const display = shown === '' ? '' : `"${shown}" `;
  if (/^[\w.+*-]{1,64}$/.test(from)) return `${display}<sip:${from}@${host}>`;
  const parsed = parseDialAddress(from);
  const uri = parsed.kind === 'uri' ? parsed.uri : `sip:${parsed.number.replaceAll('#', '%23')}@${host}`;
  return `${display}<${uri}>`;
};
