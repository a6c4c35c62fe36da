import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { asSipreelError, SipreelError } from '../errors/error.ts';

/**
 * Writes a file beside its place and puts it there once it is whole; what is there already stays, unless `force` is set.
 * Spools are not written to, by whatever name. @throws SipreelError output_exists, output_failed, or what `write` throws
 */
export const writeOutput = async (
  file: string,
  options: { readonly force: boolean; readonly spool: string },
  write: (temporary: string) => Promise<void>,
): Promise<string> => {
  const path = resolve(file);
  const inside = relative(options.spool, dirname(path));
  if (inside === '' || !inside.startsWith('..')) {
    throw new SipreelError('output_failed', `${path} is in the spool, which is only read`);
  }
  if (existsSync(path) && !options.force) throw new SipreelError('output_exists', `${path} exists already`);
  const temporary = `${path}.${process.pid}.part`;
  try {
    await write(temporary);
    await rename(temporary, path);
    return path;
  } catch (thrown) {
    await rm(temporary, { force: true });
    if (thrown instanceof SipreelError) throw thrown;
    throw new SipreelError('output_failed', `${path}: ${asSipreelError(thrown).message}`, { cause: thrown });
  }
};
