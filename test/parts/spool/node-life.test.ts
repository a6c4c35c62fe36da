import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNodeLife } from '../../../src/recorder/spool/node-life.ts';
import { eventually } from '../eventually.ts';

const log = pino({ level: 'silent' });
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipreel-life-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const lifeOf = (nodeId: string) => createNodeLife({ folder, nodeId, log, intervalMs: 20, goneMs: 1_000 });

test('a node that gives no more signs of life is gone for those that do, whatever it is called', async () => {
  const names = ['../b', 'ä:b c', 'node.1', 'node-2'];
  const mine = lifeOf('mine');
  const others = names.map(lifeOf);
  await Promise.all([mine, ...others].map((life) => life.start()));
  expect(await mine.gone()).toEqual(new Set());
  await Promise.all(others.slice(1).map((life) => life.close()));
  const gone = await eventually('three to be gone', async () => {
    const found = await mine.gone();
    return found.size >= 3 && found;
  });
  expect([...gone].sort()).toEqual(names.slice(1).sort());
  const [other] = others;
  await eventually('the other one to see it as well', async () => ((await other?.gone())?.size ?? 0) >= gone.size);
  expect(await other?.gone()).toEqual(gone);
  await other?.close();
  await mine.close();
});

test('a node that cannot give a sign of life itself takes nobody for dead', async () => {
  expect(await createNodeLife({ folder: join(folder, 'nowhere'), nodeId: 'x', log }).gone()).toEqual(new Set());
});
