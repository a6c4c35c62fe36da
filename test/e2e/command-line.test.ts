import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../kit/cli.ts';
import { startServer } from '../kit/server.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipreel-cli-'));
});

afterAll(() => rm(dir, { recursive: true, force: true }));

describe('help', () => {
  test.each([[[]], [['help']], [['--help']], [['-h']]])('%j names the commands', async (args) => {
    const { code, stdout } = await runCli(args);
    expect(code).toBe(0);
    for (const command of ['sipreel demo', 'sipreel serve', 'sipreel encode', 'sipreel inspect', 'sipreel version'])
      expect(stdout).toContain(command);
  });

  test.each([[['serve', '--help']], [['help', 'serve']]])('%j explains every option', async (args) => {
    const { code, stdout } = await runCli(args);
    expect(code).toBe(0);
    for (const option of ['config', 'set', 'role', 'embedded', 'script', 'sip', 'http', 'data', 'json']) {
      expect(stdout).toContain(`--${option}`);
    }
  });

  test('version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await runCli(['version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('a command line that is wrong', () => {
  test.each([
    [['record'], '"record" is no command'],
    [['serve', '--embeded'], '--embeded'],
    [['serve', '--role', 'king'], '--role king: must be all, switch or worker'],
    [['serve', '--sip', '127.0.0.1:5060'], '--sip goes with --embedded'],
    [['serve', '--embedded', '--sip', 'nowhere'], '--sip nowhere: must be'],
    [['serve', '--config', '/no/such/file.yaml'], '/no/such/file.yaml'],
  ])('%j ends with exit code 2 and says why', async (args, why) => {
    const { code, stdout, stderr } = await runCli(args);
    expect(stderr).toContain(why);
    expect(code).toBe(2);
    expect(stdout).toBe('');
  });
});

describe('a configuration that is wrong', () => {
  const mistakes = [
    'redis:\n  url: http://127.0.0.1\n',
    'rtpengine:\n  timeout: 5\n',
    'http:\n  listen: nowhere\n',
    'capture:\n  threads: 0\n',
    'recording:\n  format: wav\n',
    'routes:\n  - to: "1000"\n',
  ];
  const keys = ['redis.url', 'rtpengine.timeout', 'http.listen', 'capture.threads', 'recording', 'routes.0.script'];

  test('ends with exit code 2 before anything is started, and every mistake is told', async () => {
    const file = join(dir, 'wrong.yaml');
    await writeFile(file, mistakes.join(''));
    const data = join(dir, 'untouched');
    const { code, stderr } = await runCli([
      ...['serve', '--embedded', '--config', file, '--data', data],
      ...['--set', 'log.level=loud', '--set', 'encode.concurrency=many'],
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('8 problems');
    for (const key of [...keys, 'log.level', 'encode.concurrency']) {
      expect(stderr, `the problem of ${key}`).toMatch(new RegExp(`^  ${key.replaceAll('.', '\\.')}( = .*)?: `, 'm'));
    }
    expect(await readdir(dir)).not.toContain('untouched');
  });

  test('that is no YAML says where', async () => {
    const file = join(dir, 'broken.yaml');
    await writeFile(file, 'redis:\n  url: "redis://\n');
    const { code, stderr } = await runCli(['serve', '--config', file]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/broken\.yaml.*line 3/s);
  });
});

describe('an address or a folder that another server has', () => {
  test('ends the second one with exit code 1 and a remedy, and the first one goes on', async () => {
    const first = await startServer();
    try {
      const attempts: readonly (readonly [readonly string[], string])[] = [
        [
          ['--sip', `${first.sip.host}:${first.sip.port}`, '--http', '127.0.0.1:0'],
          `${first.sip.port}: the port is taken`,
        ],
        [['--http', new URL(first.http).host], 'EADDRINUSE'],
        [['--http', '127.0.0.1:0', '--data', first.dataDir], `uses ${first.dataDir}`],
      ];
      for (const [args, why] of attempts) {
        const data = args.includes('--data') ? [] : ['--data', join(dir, 'second')];
        const { code, stderr } = await runCli(['serve', '--embedded', ...args, ...data, '--set', 'log.level=silent']);
        expect(stderr).toContain(why);
        expect(code).toBe(1);
      }
      expect((await fetch(`${first.http}/healthz`)).status).toBe(200);
      expect(await first.stop()).toBe(0);
    } finally {
      await first.close();
    }
  });
});
