import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../kit/cli.ts';
import { startRedis, type TestRedis } from '../redis.ts';

let redis: TestRedis;
let folder: string;

beforeAll(async () => {
  redis = await startRedis();
  folder = await mkdtemp(join(tmpdir(), 'sipreel-keys-'));
});
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

const key = (...words: readonly string[]) => runCli(['key', ...words, '--set', `redis.url=${redis.url}`]);

test('a key is shown once, listed without its secret, and revoked', async () => {
  const made = await key('create', '--name', 'ops desk', '--scopes', 'read, control', '--expires', '90d');
  expect(made.code, made.stderr).toBe(0);
  expect(made.stdout).toMatch(/^sipreel_[0-9a-f]{12}_[\w-]{43}\n$/);
  const [, id = '', secret = ''] = /^sipreel_(\w{12})_(.*)\n/.exec(made.stdout) ?? [];
  expect(made.stderr).toContain(`Key ${id} of ops desk (read, control)`);
  const listed = await key('list', '--json');
  expect(listed.stdout).not.toContain(secret);
  const { keys } = JSON.parse(listed.stdout) as { keys: { created: number; expires: number }[] };
  expect(keys).toMatchObject([{ id, name: 'ops desk', scopes: ['read', 'control'] }]);
  expect((keys[0]?.expires ?? 0) - (keys[0]?.created ?? 0)).toBe(90 * 86_400);
  expect((await key('list')).stdout).toMatch(new RegExp(`^id .*\n${id} .*read,control +ops desk\n$`));
  expect(await key('revoke', id)).toMatchObject({ code: 0, stdout: `Key ${id} is revoked.\n` });
  expect(await key('revoke', id)).toMatchObject({ code: 2, stderr: expect.stringContaining(id) });
  expect(JSON.parse((await key('list', '--json')).stdout)).toEqual({ keys: [] });
});

test.each([
  [['create'], '--name ""'],
  [['create', '--name', 'a\nb'], '--name'],
  [['create', '--name', 'x', '--scopes', 'read,write'], '"write" is none of read, control, audio, admin'],
  [['create', '--name', 'x', '--expires', 'soon'], '--expires soon'],
  [['revoke'], 'needs the id of a key'],
  [['make'], 'key make: must be create, list or revoke'],
  [['list', '--scopes', 'read'], '--scopes'],
  [['list', '--embedded'], '--data DIR'],
])('key %j is refused with exit code 2 and the word at fault', async (words, says) => {
  const { code, stdout, stderr } = await key(...words);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(says);
});

test('a Redis that is not there is said within the time that somebody waits', async () => {
  const { code, stderr } = await runCli(['key', 'list', '--set', 'redis.url=redis://127.0.0.1:1']);
  expect(code).toBe(1);
  expect(stderr).toContain('Redis did not answer');
});

test('the keys of an embedded server are made before its first start, which refuses to be open to others without', async () => {
  const serve = ['serve', '--embedded', '--data', folder, '--http', '0.0.0.0:0', '--script', 'x.yaml'];
  const refused = await runCli(serve);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/http\.listen is 0\.0\.0\.0:0.*there is no key/);
  expect(refused.stderr).toContain('sipreel key create');
  const made = await runCli(['key', 'create', '--name', 'first', '--embedded', '--data', folder]);
  expect(made.code, made.stderr).toBe(0);
  const listed = await runCli(['key', 'list', '--json', '--embedded', '--data', folder]);
  expect(JSON.parse(listed.stdout)).toMatchObject({ keys: [{ name: 'first', scopes: ['read'] }] });
});
