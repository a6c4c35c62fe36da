import { SipreelError } from '../../errors/error.ts';
import type { CreateRecorderOptions } from './options.ts';

/** What the worker has to agree on with its recorder. */
export interface WorkerFacts {
  readonly options: Pick<CreateRecorderOptions, 'redis' | 'stores' | 'queue' | 'worker'>;
  readonly node: string;
  readonly prefix: string;
  /** Absolute. */
  readonly dataDir: string;
  readonly logLevel: string;
}

/**
 * The worker's configuration, as sipreel's configuration file has it: what it shares with the recorder, and the keys of its own.
 * @throws SipreelError plugin_options_invalid for a key that says otherwise than the recorder's option
 */
export const workerConfigOf = ({ options, node, prefix, dataDir, logLevel }: WorkerFacts): Record<string, unknown> => {
  const settings: Record<string, unknown> = { 'log.level': logLevel };
  const shared: Record<string, unknown> = {
    'node.id': node,
    'data.dir': dataDir,
    'redis.url': options.redis,
    'redis.prefix': prefix,
    'encode.queue': options.queue ?? '',
    ...(options.stores === undefined ? {} : { 'storage.stores': options.stores.map(asWritten) }),
  };
  for (const [key, value] of Object.entries(options.worker || {})) {
    if (key in shared) {
      throw new SipreelError('plugin_options_invalid', `worker: ${key} is an option of createRecorder itself`);
    }
    settings[key] = value;
  }
  const tree: Record<string, unknown> = {};
  for (const [key, value] of Object.entries({ ...settings, ...shared })) {
    const path = key.split('.');
    const last = path.pop() ?? '';
    let at = tree;
    for (const part of path) {
      if (!Object.hasOwn(at, part)) at[part] = {};
      at = at[part] as Record<string, unknown>;
    }
    at[last] = value;
  }
  return tree;
};

/** Durations carry their unit in a configuration. */
const asWritten = (store: NonNullable<CreateRecorderOptions['stores']>[number]): unknown =>
  'disk' in store || store.s3.timeout === undefined ? store : { s3: { ...store.s3, timeout: `${store.s3.timeout}ms` } };
