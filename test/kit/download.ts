import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Gets a recording by its URL into a folder and gives the file's path; rejects with the answer if it is not 200. */
export const download = async (url: string, folder: string): Promise<string> => {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  const file = join(folder, basename(new URL(url).pathname));
  await writeFile(file, new Uint8Array(await response.arrayBuffer()));
  return file;
};
