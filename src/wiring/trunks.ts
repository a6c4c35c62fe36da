import type { Closers } from '../closers.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../log.ts';
import { createCallLimits } from '../switch/sip/call-limits.ts';
import { probeTarget } from '../switch/sip/dial-plan.ts';
import { createGate, type GateParts } from '../switch/sip/gate.ts';
import { createTrunkProbes, type TrunkProbesParts } from '../switch/sip/trunk-probes.ts';

/** Who may call, how many calls each trunk may have, and which trunks are up: the probes are the caller's to start and close. */
export const wireTrunks = (
  config: Config,
  parts: Pick<GateParts, 'onInvite' | 'onRefused'> & Pick<TrunkProbesParts, 'ask'>,
  log: Logger,
  closers: Closers,
) => {
  const { onInvite, onRefused, ask } = parts;
  const inboundLimits = createCallLimits(
    'inbound',
    config.trunks.map(({ name, inbound }) => ({ name, limit: inbound?.limit })),
  );
  const outboundLimits = createCallLimits(
    'outbound',
    config.trunks.map(({ name, outbound }) => ({ name, limit: outbound?.limit })),
  );
  const { realm, algorithms, nonce_lifetime, nonce_secret } = config.sip.digest;
  const gate = closers.add(
    createGate(
      { limits: inboundLimits, log, ...(onInvite ? { onInvite } : {}), ...(onRefused ? { onRefused } : {}) },
      {
        trunks: config.trunks,
        unknownSource: config.sip.unknown_source,
        digest: { realm, algorithms, nonceLifetimeMs: nonce_lifetime, nonceSecret: nonce_secret },
      },
    ),
    (part) => part.close(),
  );
  const probes = createTrunkProbes({
    trunks: config.trunks.flatMap(({ name, outbound }) =>
      outbound
        ? [
            {
              ...{ name, ...probeTarget(outbound) },
              ...{ probe: outbound.probe, responseTimeoutMs: outbound.responseTimeoutMs },
            },
          ]
        : [],
    ),
    ask,
    log,
  });
  return { inboundLimits, outboundLimits, gate, probes };
};
