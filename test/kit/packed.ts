import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** A project of somebody else's that has the package as its only dependency of ours. */
export interface PackedProject {
  readonly folder: string;
  /** What npm put into the package, sorted. */
  readonly files: readonly string[];
  close(): Promise<void>;
}

/**
 * Packs what is built as npm publishes it, and installs it into an empty project. Its dependencies are links to those that are
 * here: npm would fetch the same ones from a registry, which takes longer and may be away. Only what package.json declares
 * is linked, so that one that is missing there is missing here too.
 */
export const installPacked = async (): Promise<PackedProject> => {
  const folder = await mkdtemp(join(tmpdir(), 'sipreel-packed-'));
  const modules = join(folder, 'node_modules');
  const own = join(modules, 'sipreel');
  await mkdir(own, { recursive: true });
  // Without its scripts: they build anew what other tests are using.
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
    maxBuffer: 1 << 24,
  });
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  await run('tar', ['-xzf', join(folder, packed.filename), '-C', own, '--strip-components=1']);
  const { dependencies } = createRequire(import.meta.url)('../../package.json') as { dependencies: object };
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(root, 'node_modules', name), join(modules, name));
  }
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'somebody-else', type: 'module', private: true }),
  );
  await cp(join(root, 'docs/examples'), folder, { recursive: true });
  return {
    folder,
    files: packed.files.map(({ path }) => path).sort(),
    close: () => rm(folder, { recursive: true, force: true }),
  };
};
