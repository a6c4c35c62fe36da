import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/load.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { SipreelError } from '../../../src/errors/error.ts';

const shipped = 'config/sipreel.yaml';

const write = (text: string): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'sipreel-config-')), 'sipreel.yaml');
  writeFileSync(file, text);
  return file;
};

const errorOf = (load: () => unknown): SipreelError => {
  try {
    load();
  } catch (error) {
    if (error instanceof SipreelError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

test('the shipped file has exactly the defaults of the code', () => {
  expect(loadConfig({ file: shipped })).toEqual(loadConfig({}));
});

test('the shipped file names every key of the schema', () => {
  const keysOf = (value: unknown, path: string): string[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, inner]) => keysOf(inner, path === '' ? key : `${path}.${key}`))
      : [path];
  const written = parse(readFileSync(shipped, 'utf8')) as unknown;
  // An address is written as one text and read as host and port.
  const known = keysOf(configSchema.parse({}), '').map((key) => key.replace(/\.(host|port)$/, ''));
  expect(keysOf(written, '').sort()).toEqual([...new Set(known)].sort());
});

test('each key of the shipped file has a sentence above it', () => {
  const lines = readFileSync(shipped, 'utf8').split('\n');
  const bare = lines.filter((line, i) => /^ {2}\w+:/.test(line) && !/^ *#/.test(lines[i - 1] ?? ''));
  expect(bare).toEqual([]);
});

test('every problem is told at once, with key, value and what is allowed', () => {
  const file = write(`
redis:
  ulr: redis://127.0.0.1
capture:
  threads: 0
  flush: 300
http:
  listen: 8080
routes:
  - script: ""
log:
  level: loud
`);
  const { code, message } = errorOf(() => loadConfig({ file }));
  expect(code).toBe('config_invalid');
  expect(message).toContain('6 problems');
  expect(message).toContain('redis.ulr = "redis://127.0.0.1": is no key of the configuration');
  expect(message).toContain('capture.threads = 0: must be a whole number from 1 to 64');
  expect(message).toContain('capture.flush = 300: must be a duration with a unit, such as 250ms, 5s or 30min');
  expect(message).toContain('http.listen = 8080: must be ADDRESS:PORT, such as 127.0.0.1:8080');
  expect(message).toContain('routes.0.script = ""');
  expect(message).toContain('log.level = "loud": must be one of trace, debug, info');
});

test('a secret at fault is not shown', () => {
  const { message } = errorOf(() => loadConfig({ settings: ['notify.signing_key=[1, 2]'] }));
  expect(message).toContain('notify.signing_key = ...');
});

test.each([
  ['log.level=debug', (config: ReturnType<typeof loadConfig>) => config.log.level, 'debug'],
  ['drain.limit=30min', (config: ReturnType<typeof loadConfig>) => config.drain.limit, 1_800_000],
  ['sip.max_message=8kB', (config: ReturnType<typeof loadConfig>) => config.sip.max_message, 8000],
  ['encode.mp3_bitrate=48kbit/s', (config: ReturnType<typeof loadConfig>) => config.encode.mp3_bitrate, 48_000],
  ['encode.mp3_bitrate=""', (config: ReturnType<typeof loadConfig>) => config.encode.mp3_bitrate, 0],
  ['encode.mp4_quality=0.5', (config: ReturnType<typeof loadConfig>) => config.encode.mp4_quality, 0.5],
  ['http.listen="[::1]:80"', (config: ReturnType<typeof loadConfig>) => config.http.listen, { host: '::1', port: 80 }],
  [
    'routes=[{script: a.yaml}]',
    (config: ReturnType<typeof loadConfig>) => config.routes,
    [{ to: '*', script: 'a.yaml', strict: false }],
  ],
  [
    'routes=[{script: {sections: {main: [{answer: {}}]}}}]',
    (config: ReturnType<typeof loadConfig>) => config.routes,
    [{ to: '*', script: { sections: { main: [{ answer: {} }] } }, strict: false }],
  ],
])('--set %s', (setting, read, value) => {
  expect(read(loadConfig({ settings: [setting] }))).toEqual(value);
});

test('a setting does not touch its neighbours', () => {
  const file = write('redis:\n  prefix: mine\n');
  const config = loadConfig({ file, settings: ['redis.url=redis://127.0.0.1:7000/1'] });
  expect(config.redis).toMatchObject({ prefix: 'mine', url: 'redis://127.0.0.1:7000/1' });
});

test.each(['encode.mp3_bitrate=48', 'encode.mp3_bitrate=1kbit/s', 'encode.mp4_quality=5'])(
  '--set %s is refused',
  (setting) => {
    expect(errorOf(() => loadConfig({ settings: [setting] })).message).toContain(setting.split('=')[0]);
  },
);

test.each(['novalue', '=x', '__proto__.x=1', 'a..b=1'])('--set %s is refused', (setting) => {
  expect(errorOf(() => loadConfig({ settings: [setting] })).code).toBe('config_invalid');
});

test('a file that is not there and one that is no YAML say so', () => {
  expect(errorOf(() => loadConfig({ file: '/nowhere/sipreel.yaml' })).code).toBe('config_unreadable');
  expect(errorOf(() => loadConfig({ file: write('a: [') })).message).toContain('sipreel.yaml');
  expect(errorOf(() => loadConfig({ file: write('- a') })).message).toContain('must hold keys and values');
});

test('a retention that is a slip, and stores that could not be told apart, are refused', () => {
  const file = write(`
storage:
  stores: [{ disk: "" }, { s3: { bucket: a } }, { disk: "" }, { s3: { bucket: a, endpoint: "https://s3.example.com" } }]
  retention: { age: 30s, trunks: { carrier: 5min, other: 90d } }
`);
  const { message } = errorOf(() => loadConfig({ file }));
  for (const at of [
    'storage.stores.2',
    'storage.stores.3',
    'storage.retention.age',
    'storage.retention.trunks.carrier',
  ])
    expect(message).toContain(at);
  expect(message).not.toContain('other');
});

test('a duration that a timer cannot wait is refused, as it would be over at once; what is compared with the time of day may be longer', () => {
  for (const key of ['drain.limit', 'sip.session_expires', 'http.wait']) {
    const error = errorOf(() => loadConfig({ settings: [`${key}=30d`] }));
    expect(error.message).toContain(`${key} = "30d": must be 24d at most`);
  }
  const config = loadConfig({ settings: ['storage.retention.age=365d', 'http.url_life=30d', 'drain.limit=24d'] });
  expect(config.storage.retention.age).toBe(365 * 86_400_000);
});
