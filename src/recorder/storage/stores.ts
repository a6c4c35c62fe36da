import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../log.ts';
import { createBackedUpStorage } from './backed-up.ts';
import { createHoming, type Homing } from './homing.ts';
import { createLocalStorage } from './local.ts';
import { storageName } from './names.ts';
import { createS3Storage } from './s3.ts';
import type { Storage } from './storage.ts';

/** One store: a folder (empty for recordings/ in the data folder), or a bucket; empty texts stand for the defaults. */
export type StoreOptions =
  | { readonly disk: string }
  | {
      readonly s3: {
        readonly bucket: string;
        readonly prefix: string;
        readonly region: string;
        readonly endpoint: string;
        readonly path_style?: boolean | undefined;
        readonly access_key: string;
        readonly secret_key: string;
        readonly encryption: '' | 'AES256' | 'aws:kms';
        readonly kms_key: string;
        /** Milliseconds. */
        readonly timeout: number;
      };
    };

/** How a store is at this moment. */
export interface StoreState {
  /** A folder, or s3://bucket. */
  readonly store: string;
  readonly ok: boolean;
  /** Bytes that are free, on a disk. */
  readonly free_bytes?: number;
  /** Why it is not well. */
  readonly error?: string;
}

/** Stores as one storage. */
export interface Stores {
  readonly storage: Storage;
  /** Looks at each store; never rejects. */
  states(): Promise<readonly StoreState[]>;
  /** Undefined where there is no back-up. */
  readonly homing: Homing | undefined;
  close(): Promise<void>;
}

/** A file that there never is: whether a store answers is all that is asked. */
const lookedFor = storageName({ recordingId: 'sipreel-looks', startTime: 0, extension: 'wav' });

/** Of a folder, or of the one that it will be made in. */
const freeOn = async (folder: string, instead: string): Promise<Pick<StoreState, 'free_bytes'>> => {
  const { bavail, bsize } = await statfs(existsSync(folder) ? folder : instead);
  return { free_bytes: bavail * bsize };
};

/** Makes one storage of all: the first takes what it can, each next one what those before it can't. */
export const createStores = (stores: readonly StoreOptions[], dataDir: string, log: Logger): Stores => {
  const closers: (() => Promise<void>)[] = [];
  const made = stores.map((store, index): Storage => {
    if ('disk' in store) return createLocalStorage({ root: store.disk || join(dataDir, 'recordings') });
    const { bucket, prefix, region, endpoint, path_style, access_key, secret_key, encryption, kms_key } = store.s3;
    const s3 = createS3Storage({
      bucket,
      prefix,
      region,
      ...(endpoint === '' ? {} : { endpoint }),
      ...(path_style === undefined ? {} : { pathStyle: path_style }),
      ...(access_key === '' ? {} : { credentials: { accessKeyId: access_key, secretAccessKey: secret_key } }),
      ...(encryption === '' ? {} : { encryption: { kind: encryption, ...(kms_key === '' ? {} : { keyId: kms_key }) } }),
      stagingRoot: join(dataDir, 'staging', String(index)),
      timeoutMs: store.s3.timeout,
    });
    closers.push(() => s3.close());
    return s3;
  });
  const stateOf = async (store: StoreOptions, index: number): Promise<StoreState> => {
    const name = 'disk' in store ? store.disk || join(dataDir, 'recordings') : `s3://${store.s3.bucket}`;
    try {
      await made[index]?.find(lookedFor);
      return { store: name, ok: true, ...('disk' in store ? await freeOn(name, dataDir) : {}) };
    } catch (error) {
      return { store: name, ok: false, error: (error as Error).message };
    }
  };
  const asOne = (some: readonly Storage[]): Storage =>
    some.reduceRight((second, first) => createBackedUpStorage(first, second, log));
  const [first, ...others] = made;
  return {
    states: () => Promise.all(stores.map(stateOf)),
    storage: asOne(made),
    homing: first === undefined || others.length === 0 ? undefined : createHoming(first, asOne(others)),
    async close() {
      for (const close of closers) await close();
    },
  };
};
