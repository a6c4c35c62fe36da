import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type FfmpegOptions, resolveFfmpeg } from '../recorder/encode/ffmpeg-binary.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

const run = promisify(execFile);
const withinMs = 10_000;

/** Encoder -> the format of recordings that is made by it. */
const needed = { libmp3lame: 'mp3', aac: 'mp4' } as const;

/** @param listed what `ffmpeg -encoders` prints: a line each, flags and then the name */
export const judgeEncoders = (listed: string): Finding => {
  const check = 'ffmpeg encoders';
  const there = new Set([...listed.matchAll(/^ A\S{5} (\S+)/gm)].map(([, name]) => name));
  const missing = Object.entries(needed).filter(([name]) => !there.has(name));
  if (missing.length === 0) return ok(check, Object.keys(needed).join(', '));
  const found = missing.map(([name, format]) => `${name} (for ${format})`).join(', ');
  return fail(
    check,
    `missing: ${found}`,
    "Use an ffmpeg with these encoders (Debian's package ffmpeg has them), or record as wav alone.",
  );
};

/** The ffmpeg that the server would take. Throws ffmpeg_missing. */
export const checkFfmpeg = async (options: FfmpegOptions): Promise<readonly Finding[]> => {
  const { ffmpeg, ffprobe } = await resolveFfmpeg(options);
  const ask = async (...args: readonly string[]): Promise<string> =>
    (await run(ffmpeg, ['-hide_banner', ...args], { timeout: withinMs })).stdout;
  try {
    const name = /^ffmpeg version (\S+)/.exec(await ask('-version'))?.[1] ?? 'of unknown version';
    return [
      ok('ffmpeg', `${name}, ${ffmpeg}`),
      judgeEncoders(await ask('-encoders')),
      ffprobe === undefined
        ? warn('ffprobe', 'not found: files are verified by ffmpeg, which is slower', 'Install ffprobe beside ffmpeg.')
        : ok('ffprobe', ffprobe),
    ];
  } catch (error) {
    return [
      fail('ffmpeg', `${ffmpeg} does not run: ${messageOf(error)}`, 'Install ffmpeg anew, or set encode.ffmpeg.'),
    ];
  }
};
