import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, expect, test } from 'vitest';
import { freePort } from '../../../src/embedded/ports.ts';
import { startNeighbour } from '../../kit/neighbour.ts';
import { eventually } from '../eventually.ts';
import { startRedis } from '../redis.ts';

const folder = mkdtempSync(join(tmpdir(), 'sipreel-spare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sample = (name: string): string => readFileSync(join('deploy/redis', name), 'utf8');

/** A program's file, made of the sample by what is another on this machine; each must be in it. */
const fileOf = (name: string, changes: readonly (readonly [string, string])[]): string => {
  const text = changes.reduce((made, [from, to]) => {
    expect(made).toContain(from);
    return made.replace(from, to);
  }, sample(name));
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

test('when the master dies, Sentinel promotes the replica, and the port of HAProxy is the new master', {
  timeout: 60_000,
}, async () => {
  const [master, replica] = await Promise.all([startRedis(), startRedis()]);
  const given = new Set<number>();
  const port = await freePort('tcp', '127.0.0.1', given);
  const watchPort = await freePort('tcp', '127.0.0.1', given);
  const nobody = await freePort('tcp', '127.0.0.1', given);
  const [atMaster, atReplica] = [new Redis(master.url), new Redis(replica.url)];
  const [through, sentinel] = [port, watchPort].map((each) =>
    new Redis(each, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null }).on('error', () => undefined),
  ) as [Redis, Redis];
  for (const each of [atMaster, atReplica]) each.on('error', () => undefined);
  await atMaster.config('SET', 'repl-diskless-sync-delay', '0');
  await atReplica.replicaof('127.0.0.1', master.port);
  // Sentinel asks the master for its replicas when it starts, and then not for ten seconds.
  await eventually('the replica follows', async () => (await atReplica.role())[3] === 'connected');
  const here = (address: string, other: number) => [address, `127.0.0.1:${other}`] as const;
  const haproxy = await startNeighbour('haproxy', [
    ...['-db', '-f'],
    fileOf('haproxy.cfg', [
      here('127.0.0.1:6379', port),
      here('10.0.0.11:6379', replica.port),
      here('10.0.0.12:6379', master.port),
      here('10.0.0.13:6379', nobody),
    ]),
  ]);
  // Alone, and sooner sure than three of them.
  const watching = await startNeighbour('redis-server', [
    fileOf('sentinel.conf', [
      ['port 26379', `port ${watchPort}\nbind 127.0.0.1\ndir ${folder}`],
      ['10.0.0.11 6379 2', `127.0.0.1 ${master.port} 1`],
      ['down-after-milliseconds sipreel 3000', 'down-after-milliseconds sipreel 500'],
    ]),
    '--sentinel',
  ]);
  const told = () => `HAProxy:\n${haproxy.output()}\nSentinel:\n${watching.output()}`;
  try {
    await haproxy.until('the two that are no master are down', () =>
      ['redis-1', 'redis-3'].every((name) => haproxy.output().includes(`redis/${name} is DOWN`)),
    );
    await watching.until('it knows the replica', async () => {
      const known = (await sentinel.call('SENTINEL', 'REPLICAS', 'sipreel')) as string[][];
      return known.some((each) => each.includes('slave') && each[each.indexOf('master-link-status') + 1] === 'ok');
    });
    await through.set('owed', '1');
    expect(await atMaster.get('owed')).toBe('1');
    await eventually('the replica has it', async () => (await atReplica.get('owed')) === '1');

    await master.stop('SIGKILL');
    // It waits for its connection, which HAProxy makes anew.
    await eventually('a master answers', async () => (await through.role())[0] === 'master', 20_000).catch(
      (error: Error) => {
        throw new Error(`${error.message}\n${told()}`);
      },
    );
    expect(await through.get('owed'), told()).toBe('1');
    await through.set('owed', '2');
    expect(await atReplica.get('owed')).toBe('2');
  } finally {
    for (const each of [atMaster, atReplica, through, sentinel]) each.disconnect();
    await Promise.all([haproxy.kill(), watching.kill(), master.stop('SIGKILL'), replica.stop('SIGKILL')]);
  }
});
