import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** Gets a recording by its URL into a new folder and gives the file's path; rejects with the answer if it is not 200. */
export const download = async (url: string): Promise<string> => {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  const file = join(await mkdtemp(join(tmpdir(), 'sipreel-got-')), basename(new URL(url).pathname));
  await writeFile(file, new Uint8Array(await response.arrayBuffer()));
  return file;
};
