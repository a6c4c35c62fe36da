import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';
import { SipreelError } from '../errors/error.ts';

const isExecutable = async (file: string): Promise<boolean> => {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    // Whatever keeps us from running it, the next place is looked at.
    return false;
  }
};

/** The absolute path of a program: a path is taken as it is, a bare name is looked up on `searchPath`, else undefined. */
export const findProgram = async (name: string, searchPath = process.env.PATH): Promise<string | undefined> => {
  const places = name.includes('/')
    ? [name]
    : (searchPath ?? '').split(delimiter).map((folder) => (folder === '' ? '' : `${folder}/${name}`));
  for (const place of places) {
    if (place !== '' && (await isExecutable(place))) return resolve(place);
  }
  return undefined;
};

/** The absolute path of a program; throws part_missing with what to install (`remedy`: "the Debian package ..."). */
export const requireProgram = async (name: string, remedy: string): Promise<string> => {
  const file = await findProgram(name);
  if (file !== undefined) return file;
  const where = name.includes('/') ? 'is no executable file' : 'is not on PATH';
  throw new SipreelError('part_missing', `${name} ${where}: install ${remedy}`, {
    details: { program: name, path: process.env.PATH },
  });
};

/**
 * What to put before a command so that the kernel kills it when the thread that started it is gone, even by kill -9:
 * `setpriv --pdeathsig KILL --`, or nothing where setpriv is missing or too small to know the option (busybox).
 */
export const deathWrapper = async (): Promise<readonly string[]> => {
  const setpriv = await findProgram('setpriv');
  if (setpriv === undefined) return [];
  const wrapper = [setpriv, '--pdeathsig', 'KILL', '--'];
  const works = await new Promise<boolean>((done) => {
    execFile(setpriv, [...wrapper.slice(1), setpriv, '--version'], { timeout: 5000 }, (error) => done(!error));
  });
  return works ? wrapper : [];
};
