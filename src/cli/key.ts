import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { age } from '../config/units.ts';
import { freePort } from '../embedded/ports.ts';
import { deathWrapper } from '../embedded/program.ts';
import { createEmbeddedRedis, findEmbeddedRedis } from '../embedded/redis.ts';
import { SipreelError } from '../errors/error.ts';
import { createLog } from '../log.ts';
import { newKey } from '../ops/access/key.ts';
import { createKeyStore, type KeyStore, type ListedKey } from '../ops/access/key-store.ts';
import { isScope, type Scope, scopes } from '../ops/access/scopes.ts';
import { closeRedis, connectRedis, whenReady } from '../recorder/registry/connection.ts';
import type { KeyArguments } from './arguments.ts';

/** How long Redis may take to answer, ms. */
const redisWithinMs = 5_000;

/** `sipreel key`: makes, lists and revokes the keys of the HTTP API. Gives the exit code. */
export const key = async (given: KeyArguments): Promise<number> => {
  const config = loadConfig({
    settings: given.settings,
    ...(given.config === undefined ? {} : { file: given.config }),
  });
  const wanted = given.action === 'create' ? checked(given) : undefined;
  return withStore(given, config, async (store) => {
    switch (given.action) {
      case 'create':
        return create(store, given, wanted ?? checked(given));
      case 'list':
        return list(store, given.json);
      case 'revoke':
        return revoke(store, given);
    }
  });
};

interface WantedKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly lifeMs?: number;
}

/** Throws key_invalid. */
const checked = ({ name = '', scopes: asked = 'read', expires }: KeyArguments): WantedKey => {
  if (!/^[^\p{Cc}]{1,100}$/u.test(name)) {
    throw new SipreelError(
      'key_invalid',
      `--name ${JSON.stringify(name)}: must say whose key it is, in 1 to 100 characters`,
    );
  }
  const words = [...new Set(asked.split(',').map((word) => word.trim()))];
  const wrong = words.find((word) => !isScope(word));
  if (wrong !== undefined) {
    throw new SipreelError(
      'key_invalid',
      `--scopes ${asked}: ${JSON.stringify(wrong)} is none of ${scopes.join(', ')}`,
    );
  }
  const life = expires === undefined ? undefined : age().safeParse(expires);
  if (life?.success === false) {
    throw new SipreelError('key_invalid', `--expires ${expires}: ${life.error.issues[0]?.message ?? 'is no duration'}`);
  }
  return { name, scopes: words.filter(isScope), ...(life === undefined ? {} : { lifeMs: life.data }) };
};

const create = async (store: KeyStore, { json }: KeyArguments, wanted: WantedKey): Promise<number> => {
  const created = Math.floor(Date.now() / 1000);
  const { key: text, record } = newKey({
    name: wanted.name,
    scopes: wanted.scopes,
    created,
    ...(wanted.lifeMs === undefined ? {} : { expires: created + Math.floor(wanted.lifeMs / 1000) }),
  });
  await store.add(record);
  const { hash: _, ...shown } = record;
  if (json) process.stdout.write(`${JSON.stringify({ key: text, ...shown })}\n`);
  else {
    process.stdout.write(`${text}\n`);
    process.stderr.write(`Key ${record.id} of ${record.name} (${record.scopes.join(', ')}). It is shown this once.\n`);
  }
  return 0;
};

const dateOf = (seconds: number | undefined): string =>
  seconds === undefined ? '-' : new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');

const list = async (store: KeyStore, json: boolean): Promise<number> => {
  const keys = (await store.list()).map(({ hash: _, ...shown }: ListedKey) => shown);
  if (json) process.stdout.write(`${JSON.stringify({ keys })}\n`);
  else {
    const rows = keys.map(({ id, scopes: held, created, last_used, expires, name }) =>
      [
        id,
        dateOf(created),
        dateOf(last_used).padEnd(16),
        dateOf(expires).padEnd(16),
        held.join(',').padEnd(26),
        name,
      ].join('  '),
    );
    const head = [
      'id          ',
      'created         ',
      'last used       ',
      'expires         ',
      'scopes'.padEnd(26),
      'name',
    ];
    process.stdout.write(`${[head.join('  '), ...rows].join('\n')}\n`);
  }
  return 0;
};

const revoke = async (store: KeyStore, { id = '', json }: KeyArguments): Promise<number> => {
  if (!(await store.revoke(id))) {
    throw new SipreelError('key_invalid', `there is no key ${JSON.stringify(id)}: sipreel key list names all of them`);
  }
  process.stdout.write(json ? `${JSON.stringify({ revoked: id })}\n` : `Key ${id} is revoked.\n`);
  return 0;
};

const withStore = async (
  given: KeyArguments,
  config: Config,
  work: (store: KeyStore) => Promise<number>,
): Promise<number> => {
  const log = createLog({ ...config.log, level: 'error' });
  const part = given.embedded ? await embeddedRedis(config, log) : { url: config.redis.url, close: async () => {} };
  const redis = connectRedis({ url: part.url, role: 'commands', log });
  try {
    await whenReady(redis, redisWithinMs);
    return await work(createKeyStore({ redis, prefix: config.redis.prefix, log }));
  } finally {
    await closeRedis(redis);
    await part.close();
  }
};

/** The redis-server that runs in the data folder; where the server is down, one for the moment. */
const embeddedRedis = async (config: Config, log: ReturnType<typeof createLog>) => {
  const dataDir = config.data.dir;
  const running = await findEmbeddedRedis(dataDir);
  if (running !== undefined) return { url: running, close: async () => {} };
  const port = await freePort('tcp', undefined, new Set());
  const { url, part } = await createEmbeddedRedis({ dataDir, port, wrapper: await deathWrapper(), log });
  await part.start();
  return { url, close: part.close };
};
