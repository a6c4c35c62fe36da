import { parseArgs } from 'node:util';
import { SipreelError } from '../../src/errors/error.ts';
import type { Format } from '../../src/recorder/recording/parameters.ts';

export interface StopArguments {
  readonly formats: readonly Format[];
  /** Recordings of each length and format. */
  readonly recordings: number;
  /** Lengths to compare, s. */
  readonly seconds: readonly number[];
  /** Recordings of 60 s that stop together; 0 for none. */
  readonly burst: number;
  /** The time within which they stop, s. */
  readonly within: number;
  /** Settings of the worker, key=value. */
  readonly settings: readonly string[];
  /** Folder for CPU profiles of the worker. */
  readonly profile?: string;
  readonly json: boolean;
}

export const help = `npm run bench:stop -- [options]: how long after its stop the file of a recording is there.

Stereo recordings, captured beforehand (PCMU both ways, made up, so that two hours need not be waited for), that a real
worker process makes files of: the pieces that fall due while such a recording lasts, then the time from its stop to the
moment at which its URL can be played. Redis is one of its own.

  --formats LIST      some of wav,mp3,mp4 (default all)
  --seconds LIST      lengths that are compared (default 60,7200)
  --recordings N      of each length and format, 1 to 1000 (default 10)
  --burst N           then N recordings of 60 s that stop within a few seconds, 0 to 1000 (default 50)
  --within S          those seconds, 1 to 60 (default 5)
  --set KEY=VALUE     a setting of the worker, for example --set encode.piece=30s; can be repeated
  --profile DIR       writes a CPU profile of the worker there; the figures are worse then
  --json              prints the result as JSON instead of a table

It needs an idle machine: what else ran meanwhile is in the table.
`;

const usage = (message: string): SipreelError => new SipreelError('usage_invalid', message);

const count = (name: string, value: string, least: number, most: number): number => {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  throw usage(`${name} ${value}: must be a whole number from ${least} to ${most}`);
};

const formats = ['wav', 'mp3', 'mp4'] as const;

/**
 * Reads the command line (without node and script); 'help' if that is asked for.
 * @throws SipreelError usage_invalid that says which word is at fault
 */
export const parseStopArguments = (words: readonly string[]): StopArguments | 'help' => {
  const values = read(words);
  if (values.help === true) return 'help';
  const asked = (values.formats ?? formats.join(',')).split(',');
  const unknown = asked.find((name) => !formats.some((format) => format === name));
  if (unknown !== undefined) throw usage(`--formats ${unknown}: must be some of ${formats.join(', ')}`);
  return {
    formats: formats.filter((format) => asked.includes(format)),
    seconds: (values.seconds ?? '60,7200').split(',').map((value) => count('--seconds', value, 1, 86_400)),
    recordings: count('--recordings', values.recordings ?? '10', 1, 1000),
    burst: count('--burst', values.burst ?? '50', 0, 1000),
    within: count('--within', values.within ?? '5', 1, 60),
    settings: values.set ?? [],
    json: values.json === true,
    ...(values.profile === undefined ? {} : { profile: values.profile }),
  };
};

const read = (words: readonly string[]) => {
  const text = { type: 'string' } as const;
  const options = {
    ...{ formats: text, seconds: text, recordings: text, burst: text, within: text, profile: text },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
    set: { type: 'string', multiple: true },
  } as const;
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause));
  }
};
