import type { Config } from './config/schema.ts';
import type { Logger } from './log.ts';
import { type CallLimits, createCallLimits } from './switch/sip/call-limits.ts';
import { probeTarget } from './switch/sip/dial-plan.ts';
import { createGate, type Gate } from './switch/sip/gate.ts';
import { createTrunkProbes, type TrunkProbes, type TrunkProbesParts } from './switch/sip/trunk-probes.ts';

/** What the trunks of the configuration are at work; the gate and the probes are to be closed. */
export interface Trunks {
  readonly gate: Gate;
  readonly probes: TrunkProbes;
  readonly inboundLimits: CallLimits;
  readonly outboundLimits: CallLimits;
}

/** Makes of `trunks` and `sip` who may call and how many calls there may be, and probes what may be called. */
export const createTrunks = (
  { trunks, sip }: Config,
  { ask, log }: { readonly ask: TrunkProbesParts['ask']; readonly log: Logger },
): Trunks => {
  const limitsOf = (side: 'inbound' | 'outbound') =>
    createCallLimits(
      side,
      trunks.map((trunk) => ({ name: trunk.name, limit: trunk[side]?.limit })),
    );
  const inboundLimits = limitsOf('inbound');
  const { realm, algorithms, nonce_lifetime, nonce_secret } = sip.digest;
  const gate = createGate(
    { limits: inboundLimits, log },
    {
      trunks,
      unknownSource: sip.unknown_source,
      digest: { realm, algorithms, nonceLifetimeMs: nonce_lifetime, nonceSecret: nonce_secret },
    },
  );
  const probes = createTrunkProbes({
    trunks: trunks.flatMap(({ name, outbound }) =>
      outbound ? [{ name, ...probeTarget(outbound), probe: outbound.probe }] : [],
    ),
    ask,
    log,
  });
  return { gate, probes, inboundLimits, outboundLimits: limitsOf('outbound') };
};
