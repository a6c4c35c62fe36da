import type { Redis } from 'ioredis';
import type { Closers } from '../closers.ts';
import { nodeIdOf, queueOf } from '../config/follows.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../log.ts';
import type { Registry } from '../recorder/registry/registry.ts';
import { createAgeSweep } from '../recorder/retention/age-sweep.ts';
import { type BringHome, createBringHome } from '../recorder/retention/bring-home.ts';
import { createDeletions, type Deletions, type DeletionsOptions } from '../recorder/retention/deletion.ts';
import type { Homing } from '../recorder/storage/homing.ts';

/** What both wirings need of their process. */
interface Shared {
  /** Makes a connection that is closed with its process. */
  readonly redis: (role: 'commands' | 'blocking') => Redis;
  readonly registry: Registry;
}

/** Wires what deletes recordings: on request, and by age; start() when this node takes calls. */
export const wireRetention = (
  config: Config,
  log: Logger,
  closers: Closers,
  { redis, ...parts }: Shared & Pick<DeletionsOptions, 'mailbox' | 'files' | 'queue' | 'audit'>,
): { readonly deletions: Deletions; start(): void } => {
  const shared = {
    ...parts,
    ...{ commands: redis('commands'), blocking: redis('blocking'), prefix: config.redis.prefix },
    ...{ nodeId: nodeIdOf(config), log },
  };
  const { age, trunks } = config.storage.retention;
  const known = new Set(config.trunks.map(({ name }) => name));
  const strange = Object.keys(trunks).filter((name) => !known.has(name));
  // One that was taken out still has recordings; but it may be a slip.
  if (strange.length > 0) log.warn({ trunks: strange }, 'storage.retention.trunks names trunks that there are not');
  const deletions = closers.add(createDeletions(shared), (part) => part.close());
  const sweep = closers.add(createAgeSweep({ ...shared, deletions, policy: { ageMs: age, trunks } }), (part) =>
    part.close(),
  );
  return {
    deletions,
    start() {
      deletions.start();
      sweep.start();
    },
  };
};

/** Wires and starts what moves files from the back-up to the first store; undefined where there is no back-up. */
export const wireHoming = (
  config: Config,
  log: Logger,
  closers: Closers,
  { redis, registry, homing }: Shared & { readonly homing: Homing | undefined },
): (Pick<BringHome, 'owe'> & Pick<Homing, 'isAway'>) | undefined => {
  if (homing === undefined) return undefined;
  const home = closers.add(
    createBringHome({
      ...{ commands: redis('commands'), blocking: redis('blocking'), prefix: config.redis.prefix },
      ...{ queue: queueOf(config), registry, homing, log },
    }),
    (part) => part.close(),
  );
  home.start();
  return { isAway: homing.isAway, owe: home.owe };
};
