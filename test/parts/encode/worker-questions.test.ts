import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askWorker } from '../../../src/recorder/encode/worker-questions.ts';

let folder: string;
let child: ChildProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipreel-questions-'));
  const questions = new URL('../../../dist/recorder/encode/worker-questions.js', import.meta.url).href;
  const file = join(folder, 'worker.mjs');
  await writeFile(
    file,
    `import { answerParent } from '${questions}';
    answerParent({ twice: async () => [Number.NaN, 2], broken: async () => { throw new Error('broken'); } }, { warn() {} });
    setInterval(() => {}, 1000);
    process.send('ready');`,
  );
  child = fork(file, { serialization: 'advanced', stdio: 'ignore' });
  await new Promise((resolve) => child.once('message', resolve));
});
afterAll(async () => {
  child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

test('a worker answers each question with its own answer', async () => {
  const answers = await Promise.all([1, 2, 3].map(() => askWorker(child, 'twice', 5_000)));
  expect(answers).toEqual([1, 2, 3].map(() => [Number.NaN, 2]));
});

test.each(['broken', 'unknown'])('a question that is %s has no answer, and nobody waits for ever', async (question) => {
  expect(await askWorker(child, question, 200)).toBeUndefined();
});

test('a worker that dies answers nothing, at once', async () => {
  const asked = askWorker(child, 'unknown', 60_000);
  child.kill('SIGKILL');
  expect(await asked).toBeUndefined();
  expect(await askWorker(child, 'twice', 60_000)).toBeUndefined();
});
