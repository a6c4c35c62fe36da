import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tableOf, withTables } from './document.ts';
import { fileChapter } from './files.ts';
import { jointChapter } from './joints.ts';
import { longCallChapter } from './long-calls.ts';
import { lossChapter } from './loss.ts';
import { pauseChapter } from './pauses.ts';
import type { Kept } from './promise.ts';
import { purityChapter } from './purity.ts';

const chapters = [longCallChapter, lossChapter, purityChapter, pauseChapter, fileChapter, jointChapter];

/** This file runs as built: dist-bench/bench/sound/main.js. */
const document = fileURLToPath(new URL('../../../docs/12-sound.md', import.meta.url));

const tell = (text: string): void => void process.stderr.write(`measure:sound: ${text}\n`);

const inFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'sipreel-sound-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const startedAt = performance.now();
const tables: string[] = [];
const broken: Kept[] = [];
for (const chapter of chapters) {
  tell(chapter.title);
  const rows = await inFolder((folder) => chapter.measure(folder));
  for (const { measured, promise, kept } of rows) tell(`  ${kept ? 'kept' : 'NOT KEPT'}: ${measured} (${promise})`);
  broken.push(...rows.filter(({ kept }) => !kept));
  tables.push(tableOf(chapter.title, rows));
}
await writeFile(document, withTables(await readFile(document, 'utf8'), tables));
tell(`${document} is written, after ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
process.exitCode = broken.length === 0 ? 0 : 1;
