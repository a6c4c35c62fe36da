import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { type WorkerFacts, workerConfigOf } from '../../../src/recorder/plugin/worker-config.ts';

const facts = (options: Partial<WorkerFacts['options']>): WorkerFacts => ({
  options: { redis: 'redis://:secret@10.0.0.5:6379/1', ...options },
  node: 'pbx 1',
  prefix: 'reel',
  dataDir: '/srv/reel',
  logLevel: 'warn',
});

const loaded = (options: Partial<WorkerFacts['options']>) => {
  const file = join(mkdtempSync(join(tmpdir(), 'sipreel-worker-')), 'worker.json');
  writeFileSync(file, JSON.stringify(workerConfigOf(facts(options))));
  return loadConfig({ file });
};

test('the worker gets a configuration that says what its recorder says', () => {
  const config = loaded({
    stores: [{ s3: { bucket: 'calls', endpoint: 'https://s3.example.com', timeout: 3000 } }, { disk: '/backup' }],
    worker: { 'encode.concurrency': 4, 'notify.signing_key': 'k', 'log.level': 'info' },
  });
  expect(config).toMatchObject({
    node: { id: 'pbx 1' },
    data: { dir: '/srv/reel' },
    redis: { url: 'redis://:secret@10.0.0.5:6379/1', prefix: 'reel' },
    encode: { concurrency: 4 },
    notify: { signing_key: 'k' },
    log: { level: 'info' },
  });
  expect(config.storage.stores).toMatchObject([{ s3: { bucket: 'calls', timeout: 3000 } }, { disk: '/backup' }]);
});

test('what both have to agree on cannot be set for the worker alone', () => {
  expect(() => workerConfigOf(facts({ worker: { 'redis.url': 'redis://other' } }))).toThrow(/redis\.url/);
  expect(() => workerConfigOf(facts({ worker: { 'encode.queue': 'q' } }))).toThrow(/encode\.queue/);
  expect(loaded({ queue: 'q' }).encode.queue).toBe('q');
});
