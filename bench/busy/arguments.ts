import { parseArgs } from 'node:util';
import { SipreelError } from '../../src/errors/error.ts';

export interface BusyArguments {
  /** Scripts that loop at the same time. */
  readonly scripts: number;
  /** How long each of the two calls lasts, s. */
  readonly seconds: number;
  /** Settings of the server, key=value. */
  readonly settings: readonly string[];
  readonly json: boolean;
}

export const busyHelp = `npm run bench -- busy-scripts [options]: do scripts that never yield stop the prompts of other calls?

One phone listens to a prompt and measures when each RTP packet comes, first alone, then beside calls whose scripts do
nothing but loop: goto, set and unset; expressions; expressions of some 10 ms; expressions that run into their limit of
150 ms; large values that are copied. A call whose script ends (after 10,000 steps, or by its error) is made again.

  --scripts N         such calls at the same time, 1 to 250 (default 100)
  --seconds S         length of the prompt, 5 to 600 (default 30)
  --set KEY=VALUE     a setting of the server; can be repeated
  --json              prints the result as JSON

How late a packet is, is counted from the one that came earliest for its time: through rtpengine and both sockets. The
clock's promise is one frame, 20 ms. What else the machine does makes packets late too: its share is told.
Exit code 0 if 95 of 100 packets keep the promise and none is missing, 1 if not, 2 if an option is wrong.
`;

/**
 * Reads the command line after the word busy-scripts; 'help' if that is asked for.
 * @throws SipreelError usage_invalid that says which word is at fault
 */
export const parseBusyArguments = (words: readonly string[]): BusyArguments | 'help' => {
  const values = read(words);
  if (values.help === true) return 'help';
  return {
    scripts: count('--scripts', values.scripts ?? '100', 1, 250),
    seconds: count('--seconds', values.seconds ?? '30', 5, 600),
    settings: values.set ?? [],
    json: values.json === true,
  };
};

const read = (words: readonly string[]) => {
  const options = {
    scripts: { type: 'string' },
    seconds: { type: 'string' },
    set: { type: 'string', multiple: true },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause));
  }
};

const count = (name: string, value: string, least: number, most: number): number => {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  throw usage(`${name} ${value}: must be a whole number from ${least} to ${most}`);
};

const usage = (message: string): SipreelError => new SipreelError('usage_invalid', message);
