import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ffmpegOptionsOf, spoolRootOf } from '../config/follows.ts';
import type { Config } from '../config/schema.ts';
import { findProgram } from '../embedded/program.ts';
import type { Logger } from '../log.ts';
import { createKeyStore } from '../ops/access/key-store.ts';
import { closeRedis, connectRedis, whenReady } from '../recorder/registry/connection.ts';
import { compileNamePattern } from '../recorder/storage/names.ts';
import { checkDisk } from './disk.ts';
import { checkDrachtio } from './drachtio.ts';
import { checkFfmpeg } from './ffmpeg.ts';
import { type Finding, ok, orFail, warn } from './finding.ts';
import { checkTls, judgeKeys, judgePublicUrl } from './http.ts';
import { checkMediaAddress, checkSockets, judgeOpenFiles } from './machine.ts';
import { neededFiles, openFileLimit } from './open-files.ts';
import { checkRedis } from './redis.ts';
import { checkRtpengine } from './rtpengine.ts';
import { checkStores } from './storage.ts';

/** How long Redis may take to answer, ms. */
const redisWithinMs = 3_000;

const checkOpenFiles = async (calls: number): Promise<Finding> => {
  const { needed, for: planned } = neededFiles(calls);
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  return judgeOpenFiles(openFileLimit(limits), needed, planned);
};

const checkRoutes = ({ routes }: Config): Finding =>
  routes.length > 0
    ? ok('routes', `${routes.length}`)
    : warn('routes', 'none: every call gets 404', 'Name the scripts that calls run (routes in the configuration).');

const checkSay = async ({ prompts }: Config): Promise<Finding> => {
  const [command = ''] = prompts.say_command;
  const file = await findProgram(command);
  if (file !== undefined) return ok('say_command', file);
  return warn(
    'say_command',
    `${command} is not there: scripts cannot speak`,
    `Install ${command}, or set prompts.say_command.`,
  );
};

/** Redis, and the keys that are in it. */
const checkRedisAndKeys = async (config: Config, log: Logger): Promise<readonly Finding[]> => {
  const redis = connectRedis({ url: config.redis.url, role: 'commands', log });
  const { prefix } = config.redis;
  const { host } = config.http.listen;
  try {
    await whenReady(redis, redisWithinMs);
    const findings = await checkRedis(redis, prefix);
    const keys = await createKeyStore({ redis, prefix, log }).list();
    return [...findings, judgeKeys(host, keys.length)];
  } catch (error) {
    return [
      ...(await orFail('Redis', () => {
        throw error;
      })),
      judgeKeys(host, undefined),
    ];
  } finally {
    await closeRedis(redis);
  }
};

/** Looks at all that a server with this configuration needs, all at once; never rejects. */
export const examine = async (config: Config, log: Logger): Promise<readonly Finding[]> => {
  const dataDir = resolve(config.data.dir);
  const { servers, timeout } = config.rtpengine;
  const limits = { refuseBelow: config.limits.spool_free, warnBelow: config.limits.spool_warn };
  const found = await Promise.all([
    orFail('configuration', () => {
      compileNamePattern(config.storage.name);
      return [checkRoutes(config)];
    }),
    orFail('ffmpeg', () => checkFfmpeg(ffmpegOptionsOf(config))),
    orFail('say_command', async () => [await checkSay(config)]),
    orFail('Redis', () => checkRedisAndKeys(config, log)),
    ...servers.map((address) => orFail('rtpengine', () => checkRtpengine(address, timeout, log))),
    ...config.sip.drachtio.map((server) => orFail('drachtio', async () => [await checkDrachtio(server)])),
    orFail('capture.address', async () => [
      await checkMediaAddress('capture.address', config.capture.address, servers),
      await checkMediaAddress('media.address', config.media.address, servers),
    ]),
    orFail('spool folder', () => checkDisk(spoolRootOf(config), limits)),
    orFail('storage', () => checkStores(config.storage.stores, dataDir, log)),
    orFail('open files', async () => [await checkOpenFiles(config.limits.calls), ...(await checkSockets())]),
    orFail('certificate', () => [judgePublicUrl(config.http), ...checkTls(config.http, Date.now())]),
  ]);
  return found.flat();
};
