import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { CallLimits } from './call-limits.ts';
import { writeChallenges } from './digest/header.ts';
import { createNonces } from './digest/nonces.ts';
import type { DigestAlgorithm } from './digest/proof.ts';
import type { InboundLeg } from './inbound-leg.ts';
import { createInboundTrunks, type InboundTrunk, type UnknownSource } from './inbound-trunks.ts';
import { createOccasions } from './occasions.ts';
import { type OnRefused, refusalHeaders } from './refuse.ts';
import { createSilence } from './silence.ts';

export interface GateOptions {
  readonly trunks: readonly InboundTrunk[];
  readonly unknownSource: UnknownSource;
  readonly digest: {
    /** Of trunks that have none of their own. */
    readonly realm: string;
    /** Those that are offered, the preferred one first. */
    readonly algorithms: readonly DigestAlgorithm[];
    readonly nonceLifetimeMs: number;
    /** Empty: one that nobody can guess, new each time. */
    readonly nonceSecret: string;
  };
}

export interface GateParts {
  readonly limits: CallLimits;
  /** Time of day, ms. Default: Date.now. */
  readonly now?: () => number;
  readonly onInvite?: () => void;
  readonly onRefused?: OnRefused;
  readonly log: Logger;
}

/** Whom the gate has let in. */
export interface Admitted {
  readonly trunk?: string;
  /** To be called when the call is over: it is one of its trunk's calls until then. Idempotent. */
  release(): void;
}

/** Lets callers in whose trunk is known and has room for the call, and answers the others. */
export interface Gate {
  /** Undefined: the leg has got its answer, or gets none. */
  admit(leg: Pick<InboundLeg, 'facts' | 'reject'>): Admitted | undefined;
  /** False for sources that are to believe that nobody is here. */
  showsItself(source: string): boolean;
  /** Idempotent. */
  close(): void;
}

/** Each source is told of so often: a scanner sends hundreds of INVITEs in a second. */
const toldEveryMs = 60_000;

/** @throws SipreelError config_invalid */
export const createGate = (parts: GateParts, options: GateOptions): Gate => {
  const { limits, now = Date.now, onRefused, log } = parts;
  const { realm, algorithms, nonceLifetimeMs, nonceSecret } = options.digest;
  const nonces = createNonces({ secret: nonceSecret || randomBytes(32), lifetimeMs: nonceLifetimeMs });
  const trunks = createInboundTrunks(options.trunks, {
    unknownSource: options.unknownSource,
    realm,
    algorithms,
    nonces,
  });
  const told = createOccasions({ intervalMs: toldEveryMs });
  const silence = createSilence();

  const tell = (facts: InboundLeg['facts'], about: object, what: string): void => {
    const untold = told.arise(`${facts.sourceAddress} ${what}`, now());
    if (untold === undefined) return;
    const { sourceAddress: source, from, to, sipCallId: sip_call_id } = facts;
    log.warn({ source, from, to, sip_call_id, ...about, ...(untold > 0 ? { untold } : {}) }, what);
  };

  const letIn = (leg: Pick<InboundLeg, 'facts' | 'reject'>, trunk: string): Admitted | undefined => {
    try {
      return { trunk, ...limits.take(trunk, performance.now()) };
    } catch (thrown) {
      const error = asSipreelError(thrown);
      onRefused?.(error.code);
      tell(leg.facts, { trunk, why: error.message }, 'INVITE beyond a limit of its trunk: refused');
      leg.reject(error.kind.sip, { headers: refusalHeaders(error) });
      return undefined;
    }
  };

  return {
    admit(leg) {
      parts.onInvite?.();
      const { facts } = leg;
      const { sourceAddress: source, headers } = facts;
      const caller = trunks.callerOf({ source, method: 'INVITE', authorization: headers.authorization }, now());
      switch (caller.kind) {
        case 'trunk':
          return letIn(leg, caller.trunk);
        case 'stranger':
          return { release: () => undefined };
        case 'challenge': {
          const { realm, stale, algorithms } = caller;
          const values = writeChallenges({ realm, stale, algorithms, nonce: nonces.make(now(), randomBytes(8)) });
          log.debug({ source, sip_call_id: facts.sipCallId, realm, stale }, 'INVITE: asked for its credentials');
          // drachtio-srf would put two of a name into one line, which RFC 3261 §7.3.1 does not allow here.
          leg.reject(401, { headers: { 'WWW-Authenticate': values.join('\r\nWWW-Authenticate: ') } });
          return undefined;
        }
        case 'wrong': {
          const { username, why } = caller;
          tell(facts, { username, why }, 'INVITE with wrong credentials: refused');
          // Nobody is told which half was wrong.
          const error = new SipreelError('credentials_wrong', 'the user name or the password is wrong');
          onRefused?.(error.code);
          leg.reject(error.kind.sip, { headers: refusalHeaders(error) });
          return undefined;
        }
        case 'unknown': {
          const error = new SipreelError('source_unknown', `no trunk has the address ${source}`);
          onRefused?.(error.code);
          const refuse = (): void => leg.reject(error.kind.sip, { headers: refusalHeaders(error) });
          if (caller.answer === 'ignore') {
            tell(facts, {}, 'INVITE from an address of no trunk: not answered');
            silence.keep(refuse);
          } else {
            tell(facts, {}, 'INVITE from an address of no trunk: refused');
            refuse();
          }
          return undefined;
        }
      }
    },
    showsItself: trunks.showsItself,
    close: silence.close,
  };
};
