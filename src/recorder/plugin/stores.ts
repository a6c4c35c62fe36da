import type { Logger } from '../../log.ts';
import { createStores, type Stores } from '../storage/stores.ts';
import type { FileStore } from './options.ts';

/** The stores of a recorder, so that it can delete what its worker has put there. */
export const storesOf = (stores: readonly FileStore[] = [{ disk: '' }], dataDir: string, log: Logger): Stores =>
  createStores(
    stores.map((store) =>
      'disk' in store
        ? store
        : {
            s3: {
              prefix: '',
              region: 'us-east-1',
              endpoint: '',
              access_key: '',
              secret_key: '',
              encryption: '' as const,
              kms_key: '',
              timeout: 15_000,
              ...store.s3,
            },
          },
    ),
    dataDir,
    log,
  );
