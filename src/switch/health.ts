/** What the switch knows of itself and of the parts that it needs, at this moment. */
export interface SwitchHealth {
  /** False once it drains. */
  readonly accepting: boolean;
  readonly calls: number;
  readonly drachtio: readonly PartHealth[];
  readonly rtpengine: readonly PartHealth[];
  readonly trunks: readonly TrunkState[];
}

/** An outside part, and the calls that go by it. */
export interface PartHealth {
  /** host:port */
  readonly address: string;
  readonly ok: boolean;
  readonly calls: number;
}

export interface TrunkState {
  readonly name: string;
  /** False while it is known to be down for outbound calls. */
  readonly up: boolean;
  readonly inbound_calls: number;
  readonly outbound_calls: number;
}

/** Whether calls can be taken, and which parts are away: by name and address, `rtpengine 10.0.0.5:22222`. */
export interface Readiness {
  readonly ok: boolean;
  readonly away: readonly string[];
  /** Each part that is needed, by the same names. */
  readonly dependencies: readonly { readonly name: string; readonly ok: boolean }[];
}

/** Calls are taken as long as one part of each kind is there; trunks that are down are told and stop nothing. */
export const readinessOf = (
  health: SwitchHealth,
  redis: { readonly ok: boolean; readonly needed: boolean },
): Readiness => {
  const { accepting, drachtio, rtpengine, trunks } = health;
  const named = (kind: string, parts: readonly PartHealth[]) =>
    parts.map(({ address, ok }) => ({ name: `${kind} ${address}`, ok }));
  const dependencies = [
    { name: 'redis', ok: redis.ok },
    ...named('drachtio', drachtio),
    ...named('rtpengine', rtpengine),
    ...trunks.map(({ name, up }) => ({ name: `trunk ${name}`, ok: up })),
  ];
  return {
    ok: accepting && (redis.ok || !redis.needed) && drachtio.some(({ ok }) => ok) && rtpengine.some(({ ok }) => ok),
    away: [
      ...(accepting ? [] : ['this server: it goes down']),
      ...dependencies.filter(({ ok }) => !ok).map(({ name }) => name),
    ],
    dependencies,
  };
};
