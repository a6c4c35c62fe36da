import { parseArgs } from 'node:util';
import { SipreelError } from '../src/errors/error.ts';
import type { Direction, Format } from '../src/recorder/recording/parameters.ts';

/** What is measured, in this order. */
export const phaseNames = ['relay', 'pcap', 'calls', 'recording'] as const;
export type PhaseName = (typeof phaseNames)[number];

export interface BenchArguments {
  readonly calls: number;
  readonly seconds: number;
  /** New calls a second. */
  readonly rate: number;
  /** Length of the recordings that come before those that are measured, s; 0 for none. */
  readonly warmUp: number;
  readonly direction: Direction;
  readonly stereo: boolean;
  readonly format: Format;
  readonly phases: readonly PhaseName[];
  /** Settings of the server, key=value. */
  readonly settings: readonly string[];
  readonly json: boolean;
  /** Folder for CPU profiles of the server's threads and processes. */
  readonly profile?: string;
}

/** The embedded rtpengine has ports for no more. */
const mostCalls = 250;

export const help = `npm run bench -- [options]: what recording costs on this machine, in CPU, packets and time.

Calls with paced RTP both ways (PCMU, 20 ms), from a load generator that is a process of its own and is not counted:
  relay       two phones through rtpengine alone: the least that any of this can cost
  pcap        the same, and rtpengine records each call by its own means (--recording-method=pcap)
  calls       SIP calls into sipreel whose script plays silence and records nothing
  recording   the same calls with record_call: what it takes from INVITE to the finished file

  --calls N           calls at the same time, 1 to ${mostCalls} (default 50)
  --seconds S         length of each recording, 1 to 3600 (default 30)
  --rate R            new calls a second; they end as they came (default 10)
  --warm-up S         as many calls, recorded for S seconds and not measured, go before (default 20): a server that
                      has just started still compiles its code, and one that runs for days does not
  --direction D       speak, listen or both (default both)
  --stereo            one channel for each direction
  --format F          wav, mp3 or mp4 (default wav)
  --phases LIST       some of relay,pcap,calls,recording (default all)
  --set KEY=VALUE     a setting of the server, for example --set encode.concurrency=1; can be repeated
  --profile DIR       writes CPU profiles (node --cpu-prof) of the server there; the figures are worse then
  --json              prints the result as JSON instead of a table

The result is also kept in bench/results/. DRACHTIO_BIN=/path/to/drachtio measures with that server as the SIP side in
place of the embedded edge. It takes about ${phaseNames.length} times S + N / R seconds, and the warm-up. It needs an idle machine: what else ran
meanwhile is in the table. Everything it starts is on free ports of 127.0.0.1 and is ended, on Ctrl-C too. Exit code 0 if all calls
went well, 1 if not, 2 if an option is wrong, 130 after Ctrl-C.

npm run bench -- busy-scripts measures whether scripts that never yield stop prompts; it has a --help of its own.

Try: npm run bench -- --calls 50 --seconds 60 --stereo
`;

/**
 * Reads the command line (without node and script); 'help' if that is asked for.
 * @throws SipreelError usage_invalid that says which word is at fault
 */
export const parseBenchArguments = (words: readonly string[]): BenchArguments | 'help' => {
  const values = read(words);
  if (values.help === true) return 'help';
  return {
    calls: count('--calls', values.calls ?? '50', 1, mostCalls),
    seconds: count('--seconds', values.seconds ?? '30', 1, 3600),
    rate: count('--rate', values.rate ?? '10', 1, 1000),
    warmUp: count('--warm-up', values['warm-up'] ?? '20', 0, 3600),
    direction: choice('--direction', values.direction ?? 'both', ['speak', 'listen', 'both']),
    stereo: values.stereo === true,
    format: choice('--format', values.format ?? 'wav', ['wav', 'mp3', 'mp4']),
    phases: phases(values.phases ?? phaseNames.join(',')),
    settings: values.set ?? [],
    json: values.json === true,
    ...(values.profile === undefined ? {} : { profile: values.profile }),
  };
};

const read = (words: readonly string[]) => {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    ...{
      calls: text,
      seconds: text,
      rate: text,
      direction: text,
      format: text,
      phases: text,
      profile: text,
      'warm-up': text,
    },
    ...{ stereo: flag, json: flag },
    help: { type: 'boolean', short: 'h' },
    set: { type: 'string', multiple: true },
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

const choice = <T extends string>(name: string, value: string, allowed: readonly T[]): T => {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw usage(`${name} ${value}: must be one of ${allowed.join(', ')}`);
};

const phases = (list: string): PhaseName[] => {
  const asked = new Set(list.split(',').map((name) => choice('--phases', name, phaseNames)));
  return phaseNames.filter((name) => asked.has(name));
};

const usage = (message: string): SipreelError => new SipreelError('usage_invalid', message);
