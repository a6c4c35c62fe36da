// Builds the dashboard where its sources, or what builds it, have changed; and its files compressed, to be sent as they are.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const target = 'dist/dashboard';
const sources = [
  ...readdirSync('src/dashboard', { recursive: true, encoding: 'utf8' }).map((name) => join('src/dashboard', name)),
  'vite.config.ts',
  'package-lock.json',
  'deploy/build-dashboard.mjs',
].filter((path) => /\.\w+$/.test(path));
const hash = createHash('sha256');
for (const path of sources.sort()) hash.update(`${path}\0`).update(readFileSync(path));
const now = hash.digest('hex');
const stamp = join(target, '.sources');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== now) {
  const { build } = await import('vite');
  await build({ configFile: 'vite.config.ts' });
  const files = readdirSync(target, { recursive: true, encoding: 'utf8' }).map((name) => join(target, name));
  for (const file of files.filter((name) => /\.(html|js|css|svg)$/.test(name))) {
    const bytes = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
    writeFileSync(`${file}.br`, brotliCompressSync(bytes));
  }
  writeFileSync(stamp, now);
}
