import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorKinds } from '../../../src/errors/registry.ts';

test('each code stands in one table, and the registry has them all', async () => {
  const tables = await Promise.all(
    readdirSync('src/errors/kinds').map((file) => import(`../../../src/errors/kinds/${file.replace('.ts', '')}.ts`)),
  );
  const codes = tables.flatMap((table) => Object.values(table).flatMap((kinds) => Object.keys(kinds as object)));
  expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
  expect(codes.sort()).toEqual(Object.keys(errorKinds).sort());
});
