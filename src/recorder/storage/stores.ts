import { join } from 'node:path';
import type { Logger } from '../../log.ts';
import { createBackedUpStorage } from './backed-up.ts';
import { createHoming, type Homing } from './homing.ts';
import { createLocalStorage } from './local.ts';
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

/** Stores as one storage. */
export interface Stores {
  readonly storage: Storage;
  /** Undefined where there is no back-up. */
  readonly homing: Homing | undefined;
  close(): Promise<void>;
}

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
  const asOne = (some: readonly Storage[]): Storage =>
    some.reduceRight((second, first) => createBackedUpStorage(first, second, log));
  const [first, ...others] = made;
  return {
    storage: asOne(made),
    homing: first === undefined || others.length === 0 ? undefined : createHoming(first, asOne(others)),
    async close() {
      for (const close of closers) await close();
    },
  };
};
