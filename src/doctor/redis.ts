import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

/** What BullMQ's scripts need. */
const oldestRedis = [6, 2] as const;
/** Beyond these the clocks of a node and of Redis are no longer the same to people, and to what expires, s. */
const clockWarnS = 1;
const clockFailS = 30;

/** INFO's lines as names and values. */
export const parseInfo = (info: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...info.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]));

export const judgeVersion = (version: string): Finding => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestRedis;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok('Redis', version);
  return fail('Redis', version, `Install Redis ${oldestMajor}.${oldestMinor} or newer.`);
};

export const judgeMemory = (info: Readonly<Record<string, string>>): Finding => {
  const check = 'Redis memory';
  const policy = info.maxmemory_policy ?? 'unknown';
  const limit = Number(info.maxmemory ?? 0);
  const used = Number(info.used_memory ?? 0);
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
  const found = `maxmemory-policy ${policy}, ${megabytes(used)} of ${limit === 0 ? 'any number' : megabytes(limit)}`;
  if (policy !== 'noeviction') {
    return fail(
      check,
      found,
      'Set maxmemory-policy noeviction in redis.conf: any other throws away jobs and events when memory runs short.',
    );
  }
  if (limit === 0 || used < limit * 0.8) return ok(check, found);
  return warn(check, found, 'Raise maxmemory in redis.conf: when it is full, nothing new is taken.');
};

/** @param save the value of `save`; undefined if Redis does not tell */
export const judgePersistence = (info: Readonly<Record<string, string>>, save: string | undefined): Finding => {
  const check = 'Redis persistence';
  const remedy = 'Set appendonly yes in redis.conf: the catalogue, and events that are owed, live in Redis alone.';
  const appends = info.aof_enabled === '1';
  const broken = ['aof_last_write_status', 'aof_last_bgrewrite_status', 'rdb_last_bgsave_status'].filter(
    (name) => (info[name] ?? 'ok') !== 'ok',
  );
  if (broken.length > 0) {
    return fail(
      check,
      `${broken.map((name) => `${name} is ${info[name]}`).join(', ')}: Redis cannot write`,
      'Look at the disk of Redis and at its log.',
    );
  }
  if (appends) return ok(check, 'appendonly yes');
  if (save === '') return fail(check, 'none: appendonly no, save ""; a restart loses all', remedy);
  return warn(check, `appendonly no, snapshots ${save === undefined ? '' : `(save ${save}) `}alone`, remedy);
};

/** @param offsetS what Redis' clock is ahead of ours */
export const judgeClock = (offsetS: number): Finding => {
  const check = 'clock';
  const found = `${Math.abs(offsetS).toFixed(2)} s ${offsetS < 0 ? 'ahead of' : 'behind'} that of Redis`;
  if (Math.abs(offsetS) < clockWarnS) return ok(check, found);
  const remedy = 'Run an NTP client (chrony, systemd-timesyncd) on this machine and on that of Redis.';
  return Math.abs(offsetS) < clockFailS ? warn(check, found, remedy) : fail(check, found, remedy);
};

/** Looks at the Redis of a connection in role commands, which is there. */
export const checkRedis = async (redis: Redis, prefix: string): Promise<readonly Finding[]> => {
  const info = parseInfo(await redis.info());
  // Redis of cloud providers often refuses CONFIG.
  const save = await redis.config('GET', 'save').then(
    (pair) => String((pair as readonly unknown[])[1] ?? ''),
    () => undefined,
  );
  const before = Date.now();
  const [seconds, micros] = await redis.time();
  const middle = (before + Date.now()) / 2;
  const offsetS = Number(seconds) + Number(micros) / 1e6 - middle / 1000;

  const key = `${prefix}:doctor:${randomUUID()}`;
  const written = await redis
    .set(key, 'x', 'EX', 10)
    .then(() => redis.del(key))
    .then(
      () => ok('Redis writes', 'a key was written and removed'),
      (error: unknown) =>
        fail(
          'Redis writes',
          messageOf(error),
          'redis.url must name the primary, with a user that may write, and with memory and disk to spare.',
        ),
    );
  return [
    judgeVersion(info.redis_version ?? 'unknown'),
    judgeMemory(info),
    judgePersistence(info, save),
    written,
    judgeClock(offsetS),
  ];
};
