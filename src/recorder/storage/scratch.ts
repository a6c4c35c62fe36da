import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPartOf, partName } from './names.ts';

/** This process, should another one have its number later. */
const self = `${process.pid}-${randomUUID().slice(0, 8)}`;

/** A scratch file in a folder, for one writer of the file `base`; its name says whose it is. */
export const newScratch = (folder: string, base: string): string =>
  join(folder, partName(base, `${self}-${randomUUID()}`));

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It may be somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** True if the process that a scratch file is named after is gone; of other names nothing is known. */
const isOrphan = (entry: string, base: string): boolean => {
  // Of the file itself, or of what is noted beside it.
  const [, writer, pid] = /^(?:json\.)?((\d+)-[0-9a-f]{8})-/.exec(entry.slice(base.length + 2)) ?? [];
  if (writer === undefined || writer === self) return false;
  return Number(pid) === process.pid || !isAlive(Number(pid));
};

/** Removes scratch files of a file whose writers are gone, or that nobody has written to for `abandonedMs`; there may be no folder. */
export const removeAbandoned = async (folder: string, base: string, abandonedMs: number): Promise<void> => {
  const entries = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries) {
    if (!isPartOf(entry, base)) continue;
    const file = join(folder, entry);
    const facts = await stat(file).catch(() => undefined);
    if (facts === undefined) continue;
    if (isOrphan(entry, base) || Date.now() - facts.mtimeMs > abandonedMs) await rm(file, { force: true });
  }
};
