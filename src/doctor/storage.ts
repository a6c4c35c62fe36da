import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Logger } from '../log.ts';
import { createStores, type StoreOptions } from '../recorder/storage/stores.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

/** A store as people call it. */
const nameOf = (store: StoreOptions, dataDir: string): string =>
  'disk' in store ? `disk ${store.disk || `${dataDir}/recordings`}` : `s3 ${store.s3.bucket}/${store.s3.prefix}`;

/** Puts a file into one store, reads it back and removes it. */
const tryStore = async (store: StoreOptions, dataDir: string, log: Logger): Promise<string> => {
  const { storage, close } = createStores([store], dataDir, log);
  const base = `sipreel-doctor-${randomUUID()}.txt`;
  const name = { folder: '', base, key: base };
  const text = Buffer.from(`sipreel doctor, ${base}\n`);
  const since = performance.now();
  try {
    const scratch = await storage.scratch(name);
    await writeFile(scratch, text);
    const { file } = await storage.put(scratch, name);
    try {
      const came = await buffer(await storage.read(file));
      if (!came.equals(text)) throw new Error('what was read back is not what was written');
    } finally {
      await storage.remove(file);
    }
    return `written, read back and removed in ${Math.round(performance.now() - since)} ms`;
  } finally {
    await storage.abandon(name).catch(() => undefined); // What put has failed with is told.
    await close();
  }
};

/** Tries each store; one that fails is a warning as long as another one takes files. */
export const checkStores = async (
  stores: readonly StoreOptions[],
  dataDir: string,
  log: Logger,
): Promise<readonly Finding[]> => {
  const tried = await Promise.all(
    stores.map((store) =>
      tryStore(store, dataDir, log).then(
        (found) => ({ store, found, works: true }),
        (error: unknown) => ({ store, found: messageOf(error), works: false }),
      ),
    ),
  );
  const judge = tried.some(({ works }) => works) ? warn : fail;
  return tried.map(({ store, found, works }) => {
    const check = `storage ${nameOf(store, dataDir)}`;
    if (works) return ok(check, found);
    return judge(
      check,
      found,
      'Mend the store, its credentials or its permissions: recordings stay in the spool until then.',
    );
  });
};
