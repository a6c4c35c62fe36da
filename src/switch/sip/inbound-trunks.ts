import { SipreelError } from '../../errors/error.ts';
import { createNetwork } from '../../net/networks.ts';
import { type DigestCredentials, readCredentials } from './digest/header.ts';
import type { Nonces } from './digest/nonces.ts';
import {
  canProve,
  type DigestAccount,
  type DigestAlgorithm,
  digestAlgorithms,
  digestProof,
  sameProof,
} from './digest/proof.ts';

/** Who may call by a trunk. Without addresses and without auth nobody can: it is for outbound calls. */
export interface InboundTrunk {
  readonly name: string;
  /** Addresses and networks (CIDR) that it calls from. */
  readonly addresses: readonly string[];
  readonly inbound?:
    | {
        /** What it has to prove, beside its address if it has one. */
        readonly auth?: DigestAccount | undefined;
        /** Instead of the common realm; for trunks with addresses. */
        readonly realm?: string | undefined;
      }
    | undefined;
}

/** What becomes of calls that belong to no trunk; auto: refused as soon as there is a trunk that may call. */
export type UnknownSource = 'auto' | 'allow' | 'refuse' | 'ignore';

export interface InboundTrunkOptions {
  readonly unknownSource: UnknownSource;
  readonly realm: string;
  /** Those that are offered, the preferred one first. */
  readonly algorithms: readonly DigestAlgorithm[];
  readonly nonces: Pick<Nonces, 'judge' | 'use'>;
}

/** A request, as far as it tells who sends it. */
export interface CallerFacts {
  readonly source: string;
  readonly method: string;
  /** The value of Authorization. */
  readonly authorization: string | undefined;
}

/** Who sends a request, or what is done about not knowing. */
export type Caller =
  | { readonly kind: 'trunk'; readonly trunk: string }
  /** It belongs to no trunk and may call all the same. */
  | { readonly kind: 'stranger' }
  /** It is asked for its password: 401. */
  | { readonly kind: 'challenge'; readonly realm: string; readonly stale: boolean; readonly algorithms: Algorithms }
  | { readonly kind: 'unknown'; readonly answer: 'refuse' | 'ignore' }
  | { readonly kind: 'wrong'; readonly username: string; readonly why: string };

type Algorithms = readonly DigestAlgorithm[];

/** A user whom nobody has, so that a proof is made for unknown names too and takes as long. */
const nobody: DigestAccount = { username: '', password: '' };

/**
 * Compiles trunks: tells who sends a request.
 * @throws SipreelError config_invalid where a trunk can't be told or asked
 */
export const createInboundTrunks = (trunks: readonly InboundTrunk[], options: InboundTrunkOptions) => {
  const { nonces } = options;
  const compiled = trunks.map(({ name, addresses, inbound }) => ({
    name,
    isFrom: createNetwork(addresses),
    anywhere: addresses.length === 0,
    account: inbound?.auth,
    realm: inbound?.realm ?? options.realm,
  }));
  type Candidate = (typeof compiled)[number] & { readonly account: DigestAccount };
  const withAccount = (each: (typeof compiled)[number]): each is Candidate => each.account !== undefined;

  const byName = compiled.filter(withAccount).filter(({ anywhere }) => anywhere);
  const mayCall = compiled.some(({ anywhere, account }) => !anywhere || account !== undefined);
  const forStrangers = options.unknownSource === 'auto' ? (mayCall ? 'refuse' : 'allow') : options.unknownSource;

  // A client takes the first that it knows: it must be one that every account of the realm can be checked by.
  const algorithmsFor = (asked: readonly Candidate[], realm: string): Algorithms => {
    const accounts = asked.filter((each) => each.realm === realm).map(({ account }) => account);
    return options.algorithms.filter((each) => accounts.every((account) => canProve(account, each)));
  };
  const challenge = (asked: readonly Candidate[], realm: string, stale: boolean): Caller => ({
    kind: 'challenge',
    realm,
    stale,
    algorithms: algorithmsFor(asked, realm),
  });

  for (const each of compiled.filter(withAccount)) {
    const asked = each.anywhere ? byName : [each];
    if (algorithmsFor(asked, each.realm).length === 0) {
      const names = asked.map(({ name }) => name).join(', ');
      throw invalid(`trunk ${names}: no algorithm of sip.digest.algorithms is one that inbound.auth has an ha1 for`);
    }
    if (each.anywhere && each.realm !== options.realm) {
      throw invalid(`trunk ${each.name}: inbound.realm is for trunks with addresses; others get sip.digest.realm`);
    }
    if (each.anywhere && forStrangers === 'allow') {
      throw invalid(`trunk ${each.name}: with sip.unknown_source: allow a trunk without addresses is never asked`);
    }
  }

  /** The digest that one of these trunks has to show. */
  const ask = (asked: readonly Candidate[], facts: CallerFacts, nowMs: number): Caller => {
    const realms = asked.map(({ realm }) => realm);
    const given = readCredentials(facts.authorization).find(({ realm }) => realms.includes(realm));
    if (!given) return challenge(asked, realms[0] ?? options.realm, false);
    const known = asked.find(({ realm, account }) => realm === given.realm && account.username === given.username);
    const why = refusalOf(known?.account ?? nobody, given, facts.method);
    const wrong = known ? why : 'no trunk has this user';
    if (wrong !== undefined) return { kind: 'wrong', username: given.username, why: wrong };
    const fresh = nonces.judge(given.nonce, nowMs) === 'good' && nonces.use(given.nonce, given.nc, nowMs);
    return fresh ? { kind: 'trunk', trunk: known?.name ?? '' } : challenge(asked, given.realm, true);
  };

  /** Why credentials prove nothing; undefined where they do, whatever their nonce is worth. */
  const refusalOf = (account: DigestAccount, given: DigestCredentials, method: string): string | undefined => {
    const algorithm = digestAlgorithms.find((each) => each.toLowerCase() === given.algorithm.toLowerCase());
    if (algorithm === undefined || !options.algorithms.includes(algorithm))
      return `the algorithm ${JSON.stringify(given.algorithm)} was not offered`;
    if (given.qop.toLowerCase() !== 'auth') return 'qop=auth was asked for';
    // The URI is not compared with the Request-URI: proxies on the way may rewrite that one (RFC 3261 §22.4, 4).
    const { realm, uri, nonce, nc, cnonce, response } = given;
    const proof = digestProof(account, algorithm, { method, realm, uri, nonce, qop: { nc, cnonce } });
    if (proof === undefined) return `the trunk has no ha1 for ${algorithm}`;
    return sameProof(proof, response) ? undefined : 'the password is wrong';
  };

  return {
    /** Who sends a request with this source and these credentials; a count of its nonce is used up. */
    callerOf(facts: CallerFacts, nowMs: number): Caller {
      const here = compiled.filter(({ isFrom }) => isFrom(facts.source));
      const open = here.find(({ account }) => account === undefined);
      const locked = here.filter(withAccount);
      if (open) {
        // The same address may have accounts besides: whoever names one of them has to prove it.
        const names = readCredentials(facts.authorization).map(({ username }) => username);
        const named = locked.filter(({ account }) => names.includes(account.username));
        return named.length > 0 ? ask(named, facts, nowMs) : { kind: 'trunk', trunk: open.name };
      }
      if (locked.length > 0) return ask(locked, facts, nowMs);
      if (byName.length > 0) return ask(byName, facts, nowMs);
      return forStrangers === 'allow' ? { kind: 'stranger' } : { kind: 'unknown', answer: forStrangers };
    },
    /** Whether a source may learn that somebody is here, before it has shown anything: OPTIONS gets an answer. */
    showsItself: (source: string): boolean =>
      forStrangers !== 'ignore' || byName.length > 0 || compiled.some(({ isFrom }) => isFrom(source)),
  };
};

const invalid = (message: string): SipreelError => new SipreelError('config_invalid', message);
