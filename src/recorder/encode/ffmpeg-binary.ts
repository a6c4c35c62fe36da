import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { SipreelError } from '../../errors/error.ts';

/** Where ffmpeg may be; each option is a path or the name of a command. */
export interface FfmpegOptions {
  /** Default: FFMPEG_BIN of `env`. */
  readonly ffmpegBin?: string;
  /** Default: FFPROBE_BIN of `env`. */
  readonly ffprobeBin?: string;
  /** Default: process.env. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The programs that encode and verify, as absolute paths. */
export interface FfmpegBinaries {
  readonly ffmpeg: string;
  /** Some builds come without it; verification then asks ffmpeg itself. */
  readonly ffprobe?: string;
}

const isExecutable = async (file: string): Promise<boolean> => {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    // Whatever keeps us from running it, the next place is looked at.
    return false;
  }
};

/** The absolute path of a command as a shell would find it: a path is taken as it is, a bare name is looked up on `path`. */
const findCommand = async (command: string, path: string | undefined): Promise<string | undefined> => {
  if (command.includes('/')) {
    const file = isAbsolute(command) ? command : resolve(command);
    return (await isExecutable(file)) ? file : undefined;
  }
  for (const folder of (path ?? '').split(delimiter)) {
    if (folder !== '' && (await isExecutable(join(folder, command)))) return resolve(folder, command);
  }
  return undefined;
};

/** The file of the optional package ffmpeg-static; it names one even where its download has failed. */
const packagedFfmpeg = async (): Promise<string | undefined> => {
  try {
    const file: unknown = createRequire(import.meta.url)('ffmpeg-static');
    return typeof file === 'string' && (await isExecutable(file)) ? file : undefined;
  } catch {
    // The package is optional: without it, PATH is looked at.
    return undefined;
  }
};

/**
 * Finds ffmpeg: the given path, FFMPEG_BIN, ffmpeg-static's file if it is really there, then PATH; and ffprobe: the given
 * path, FFPROBE_BIN, beside ffmpeg, then PATH. Throws ffmpeg_missing, also if a path that was given leads to no program.
 */
export const resolveFfmpeg = async (options: FfmpegOptions = {}): Promise<FfmpegBinaries> => {
  const env = options.env ?? process.env;
  const path = env.PATH;
  const given = async (command: string, name: string): Promise<string> => {
    const file = await findCommand(command, path);
    if (file === undefined)
      throw new SipreelError('ffmpeg_missing', `${name} is "${command}", which is no executable file`);
    return file;
  };

  const ffmpegBin = options.ffmpegBin || env.FFMPEG_BIN;
  const ffmpeg = ffmpegBin
    ? await given(ffmpegBin, 'FFMPEG_BIN')
    : ((await packagedFfmpeg()) ?? (await findCommand('ffmpeg', path)));
  if (ffmpeg === undefined) {
    throw new SipreelError(
      'ffmpeg_missing',
      'there is no ffmpeg: not in FFMPEG_BIN, not in ffmpeg-static, not on PATH',
    );
  }

  const ffprobeBin = options.ffprobeBin || env.FFPROBE_BIN;
  const ffprobe = ffprobeBin
    ? await given(ffprobeBin, 'FFPROBE_BIN')
    : ((await findCommand(join(dirname(ffmpeg), 'ffprobe'), path)) ?? (await findCommand('ffprobe', path)));
  return ffprobe === undefined ? { ffmpeg } : { ffmpeg, ffprobe };
};
