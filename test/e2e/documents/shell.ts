import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** What a line of the docs has come to. */
export interface ShellResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The programs that were named and not run: each with its words. */
  readonly named: readonly (readonly string[])[];
}

/** A machine on which what the docs tell a reader to type can be typed. */
export interface DocumentShell {
  /** Runs it in a folder that has `config`, the script FILE and the spool SPOOL. */
  run(commands: string, env?: Readonly<Record<string, string>>): Promise<ShellResult>;
}

export interface DocumentShellOptions {
  readonly folder: string;
  /** Of the server that is meant. */
  readonly config: string;
  readonly log: string;
  readonly script: string;
  /** A folder, which may come later. */
  readonly spool: string;
}

/** They are run as they are. */
const real = ['jq', 'tshark', 'date', 'ffmpeg', 'rtpengine'];
/** They would install, stop or take long: they are only named, and the test looks at their words. */
const onlyNamed = ['npm', 'npx', 'systemctl', 'docker', 'helm'];

/**
 * Makes the machine. Its PATH is one folder, so that a program that nobody has thought of is not found, and its line of the
 * docs fails.
 */
export const openDocumentShell = async (options: DocumentShellOptions): Promise<DocumentShell> => {
  const { folder, config, log, script, spool } = options;
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const program = async (name: string, text: string): Promise<void> => {
    // Its own PATH is the usual one.
    await writeFile(join(bin, name), `#!/bin/bash\nPATH='${process.env.PATH}'\n${text}\n`);
    await chmod(join(bin, name), 0o755);
  };
  const note = `printf '%s\\0' "$(basename "$0")" "$@" >>"$NAMED"; printf '\\n' >>"$NAMED"`;
  const main = `exec '${process.execPath}' '${resolve('dist/main.js')}'`;
  await Promise.all([
    ...real.map((name) => program(name, `exec ${name} "$@"`)),
    ...onlyNamed.map((name) => program(name, note)),
    program('git', `${note}; mkdir -p "\${@: -1}"`),
    program('journalctl', `${note}; cat '${log}'`),
    // An answer that is none is a failure, as it is for who reads it.
    program('curl', 'exec curl -f "$@"'),
    // It needs no loudspeaker to tell whether it could be heard.
    program('ffplay', '[ "$*" = "-nodisp -" ] && exec ffprobe -v error -probesize 4000 -i -'),
    program('node', `[ "$1" = dist/main.js ] && shift && exec '${join(bin, 'sipreel')}' "$@"`),
    program(
      'sipreel',
      `case "$1" in
  serve | demo) ${note} ;;
  doctor | key)
    # Whoever leaves the configuration out means the one that there is.
    case " $* " in *' --config '* | *' --embedded '*) ${main} "$@" ;; *) ${main} "$@" --config '${config}' ;; esac ;;
  *) ${main} "$@" ;;
esac`,
    ),
  ]);
  return {
    async run(commands, env = {}) {
      const cwd = await mkdtemp(join(folder, 'run-'));
      const named = join(cwd, 'named');
      await Promise.all([
        symlink(resolve('config'), join(cwd, 'config')),
        symlink(script, join(cwd, 'FILE')),
        symlink(spool, join(cwd, 'SPOOL')),
        writeFile(named, ''),
      ]);
      const ended = await promisify(execFile)('/bin/bash', ['--noprofile', '--norc', '-euc', commands], {
        cwd,
        env: { PATH: bin, HOME: cwd, NAMED: named, ...env },
        timeout: 30_000,
        maxBuffer: 1 << 24,
      }).then(
        (result) => ({ code: 0, ...result }),
        (error: { code?: number | string; stdout: string; stderr: string }) => ({
          code: typeof error.code === 'number' ? error.code : -1,
          stdout: error.stdout,
          stderr: error.stderr,
        }),
      );
      const lines = (await readFile(named, 'utf8')).split('\0\n').filter((line) => line !== '');
      return { ...ended, named: lines.map((line) => line.split('\0')) };
    },
  };
};
