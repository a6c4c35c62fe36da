import { resolve } from 'node:path';
import type { Closers } from '../closers.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../log.ts';
import { createStores, type Stores } from '../recorder/storage/stores.ts';

/** The stores of the configuration, for as long as the process lasts. */
export const storesOf = (config: Config, log: Logger, closers: Closers): Stores =>
  closers.add(createStores(config.storage.stores, resolve(config.data.dir), log), (part) => part.close());
