import { extname } from 'node:path';
import { parseArgs } from 'node:util';
import { SipreelError } from '../errors/error.ts';
import type { Direction, Format } from '../recorder/recording/parameters.ts';

export type Role = 'all' | 'switch' | 'worker';

export interface ServeArguments {
  readonly command: 'serve';
  readonly role: Role;
  readonly embedded: boolean;
  readonly json: boolean;
  readonly config?: string;
  readonly settings: readonly string[];
  /** Only with embedded: where calls are taken. */
  readonly sip?: string;
}

export interface DemoArguments {
  readonly command: 'demo';
  readonly json: boolean;
  readonly keep: boolean;
  readonly data?: string;
}

export interface KeyArguments {
  readonly command: 'key';
  readonly action: 'create' | 'list' | 'revoke';
  readonly json: boolean;
  readonly embedded: boolean;
  readonly config?: string;
  readonly settings: readonly string[];
  /** Of create: whose key it is, what it may do (words with commas between), and how long it lasts. */
  readonly name?: string;
  readonly scopes?: string;
  readonly expires?: string;
  /** Of revoke. */
  readonly id?: string;
}

export interface LintArguments {
  readonly command: 'lint';
  /** Paths; - is standard input. */
  readonly files: readonly string[];
  readonly strict: boolean;
  readonly json: boolean;
  /** Prints the JSON Schema of scripts and looks at none. */
  readonly schema: boolean;
}

export interface DoctorArguments {
  readonly command: 'doctor';
  readonly json: boolean;
  readonly config?: string;
  readonly settings: readonly string[];
}

/** Which spool is meant: a directory, a file in it, or a recording's id with the server's data folder. */
export interface SpoolArguments {
  readonly spool: string;
  readonly data?: string;
}

export interface EncodeArguments extends SpoolArguments {
  readonly command: 'encode';
  readonly json: boolean;
  readonly force: boolean;
  readonly out?: string;
  readonly format?: Format;
  readonly direction?: Direction;
  readonly stereo?: boolean;
}

export interface InspectArguments extends SpoolArguments {
  readonly command: 'inspect';
  readonly json: boolean;
  readonly force: boolean;
  readonly pcap?: string;
  readonly width?: number;
}

export type Arguments =
  | ServeArguments
  | KeyArguments
  | DemoArguments
  | LintArguments
  | DoctorArguments
  | EncodeArguments
  | InspectArguments
  | { readonly command: 'help'; readonly topic: string }
  | { readonly command: 'version' };

/**
 * Reads the command line (without node and script).
 * @throws SipreelError usage_invalid that says which word is at fault
 */
export const parseArguments = (words: readonly string[]): Arguments => {
  const [command = 'help', ...rest] = words;
  if (rest.includes('--help') || rest.includes('-h')) return { command: 'help', topic: command };
  switch (command) {
    case 'serve':
      return serve(rest);
    case 'demo':
      return demo(rest);
    case 'key':
      return key(rest);
    case 'lint':
      return lint(rest);
    case 'doctor':
      return doctor(rest);
    case 'encode':
      return encode(rest);
    case 'inspect':
      return inspect(rest);
    case 'help':
    case '--help':
    case '-h':
      return { command: 'help', topic: rest[0] ?? '' };
    case 'version':
    case '--version':
      return { command: 'version' };
    default:
      throw usage(
        `${JSON.stringify(command)} is no command of sipreel; the commands are serve, demo, lint, doctor, encode, inspect, key, help and version`,
      );
  }
};

const serve = (words: readonly string[]): ServeArguments => {
  const { values } = read(words, {
    role: { type: 'string' },
    embedded: { type: 'boolean' },
    config: { type: 'string' },
    set: { type: 'string', multiple: true },
    script: { type: 'string' },
    sip: { type: 'string' },
    http: { type: 'string' },
    data: { type: 'string' },
    json: { type: 'boolean' },
  });
  const role = values.role ?? 'all';
  if (role !== 'all' && role !== 'switch' && role !== 'worker') {
    throw usage(`--role ${role}: must be all, switch or worker`);
  }
  const embedded = values.embedded === true;
  if (values.sip !== undefined && !embedded) {
    throw usage(
      "--sip goes with --embedded; without it the drachtio-server's own --contact says where calls are taken",
    );
  }
  // The short cuts are settings by other names, so that each is checked where settings are.
  const settings = [
    ...(values.script === undefined ? [] : [`routes=${JSON.stringify([{ to: '*', script: values.script }])}`]),
    ...(values.http === undefined ? [] : [`http.listen=${values.http}`]),
    ...(values.data === undefined ? [] : [`data.dir=${JSON.stringify(values.data)}`]),
    ...(values.set ?? []),
  ];
  return {
    command: 'serve',
    role,
    embedded,
    json: values.json === true,
    settings,
    ...(values.config === undefined ? {} : { config: values.config }),
    ...(values.sip === undefined ? {} : { sip: values.sip }),
  };
};

const demo = (words: readonly string[]): DemoArguments => {
  const { values } = read(words, {
    json: { type: 'boolean' },
    keep: { type: 'boolean' },
    data: { type: 'string' },
  });
  return {
    command: 'demo',
    json: values.json === true,
    keep: values.keep === true,
    ...(values.data === undefined ? {} : { data: values.data }),
  };
};

const key = (words: readonly string[]): KeyArguments => {
  const [action, ...rest] = words;
  if (action !== 'create' && action !== 'list' && action !== 'revoke') {
    throw usage(`key ${action ?? ''}: must be create, list or revoke`);
  }
  const [id, options] = action === 'revoke' ? [rest[0], rest.slice(1)] : [undefined, rest];
  if (action === 'revoke' && (id === undefined || id.startsWith('-'))) {
    throw usage('key revoke needs the id of a key: sipreel key list names all of them');
  }
  const { values } = read(options, {
    config: { type: 'string' },
    set: { type: 'string', multiple: true },
    data: { type: 'string' },
    embedded: { type: 'boolean' },
    json: { type: 'boolean' },
    ...(action === 'create'
      ? { name: { type: 'string' }, scopes: { type: 'string' }, expires: { type: 'string' } }
      : ({} as { name: { type: 'string' }; scopes: { type: 'string' }; expires: { type: 'string' } })),
  });
  const { config, name, scopes, expires } = values;
  const embedded = values.embedded === true;
  if (embedded && values.data === undefined && config === undefined) {
    throw usage('key --embedded needs the folder of the server: --data DIR');
  }
  return {
    command: 'key',
    action,
    json: values.json === true,
    embedded,
    settings: [
      ...(values.data === undefined ? [] : [`data.dir=${JSON.stringify(values.data)}`]),
      ...(values.set ?? []),
    ],
    ...(config === undefined ? {} : { config }),
    ...(name === undefined ? {} : { name }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(expires === undefined ? {} : { expires }),
    ...(id === undefined ? {} : { id }),
  };
};

const lint = (words: readonly string[]): LintArguments => {
  const options = { strict: { type: 'boolean' }, json: { type: 'boolean' }, schema: { type: 'boolean' } } as const;
  const { values, positionals } = read(words, options, true);
  const schema = values.schema === true;
  if (schema && (positionals.length > 0 || values.strict || values.json)) {
    throw usage('lint --schema prints the JSON Schema of scripts: it takes no files and no other options');
  }
  if (!schema && positionals.length === 0) {
    throw usage('lint needs the files that it is to look at, or - for standard input');
  }
  if (positionals.filter((file) => file === '-').length > 1) throw usage('lint reads standard input (-) once');
  return { command: 'lint', files: positionals, strict: values.strict === true, json: values.json === true, schema };
};

const doctor = (words: readonly string[]): DoctorArguments => {
  const { values } = read(words, {
    config: { type: 'string' },
    set: { type: 'string', multiple: true },
    data: { type: 'string' },
    json: { type: 'boolean' },
  });
  return {
    command: 'doctor',
    json: values.json === true,
    settings: [
      ...(values.data === undefined ? [] : [`data.dir=${JSON.stringify(values.data)}`]),
      ...(values.set ?? []),
    ],
    ...(values.config === undefined ? {} : { config: values.config }),
  };
};

const formats = ['wav', 'mp3', 'mp4'] as const;
const directions = ['speak', 'listen', 'both'] as const;

const encode = (words: readonly string[]): EncodeArguments => {
  const { values, positionals } = read(
    words,
    {
      ...spoolOptions,
      out: { type: 'string' },
      format: { type: 'string' },
      direction: { type: 'string' },
      stereo: { type: 'boolean' },
      mono: { type: 'boolean' },
    },
    true,
  );
  if (values.stereo === true && values.mono === true) throw usage('--stereo and --mono exclude each other');
  const ending = values.out === undefined ? '' : extname(values.out).slice(1).toLowerCase();
  const format = values.format ?? (formats.some((known) => known === ending) ? ending : undefined);
  const stereo = values.stereo === true ? true : values.mono === true ? false : undefined;
  return {
    command: 'encode',
    ...spoolOf('encode', positionals, values.data),
    json: values.json === true,
    force: values.force === true,
    ...(values.out === undefined ? {} : { out: values.out }),
    ...(format === undefined ? {} : { format: oneOf('--format', format, formats) }),
    ...(values.direction === undefined ? {} : { direction: oneOf('--direction', values.direction, directions) }),
    ...(stereo === undefined ? {} : { stereo }),
  };
};

const inspect = (words: readonly string[]): InspectArguments => {
  const { values, positionals } = read(
    words,
    { ...spoolOptions, pcap: { type: 'string' }, width: { type: 'string' } },
    true,
  );
  const width = values.width === undefined ? undefined : Number(values.width);
  if (width !== undefined && !(Number.isInteger(width) && width >= 40 && width <= 1000)) {
    throw usage(`--width ${values.width}: must be a number of columns from 40 to 1000`);
  }
  return {
    command: 'inspect',
    ...spoolOf('inspect', positionals, values.data),
    json: values.json === true,
    force: values.force === true,
    ...(values.pcap === undefined ? {} : { pcap: values.pcap }),
    ...(width === undefined ? {} : { width }),
  };
};

const spoolOptions = {
  data: { type: 'string' },
  json: { type: 'boolean' },
  force: { type: 'boolean' },
} as const;

const spoolOf = (command: string, given: readonly string[], data: string | undefined): SpoolArguments => {
  const [spool, ...more] = given;
  if (spool === undefined || more.length > 0) {
    throw usage(`sipreel ${command} takes one spool, not ${given.length}: its directory, or the id of its recording`);
  }
  return { spool, ...(data === undefined ? {} : { data }) };
};

const oneOf = <Word extends string>(option: string, value: string, words: readonly Word[]): Word => {
  const word = words.find((known) => known === value);
  if (word === undefined) throw usage(`${option} ${value}: must be ${words.join(', ')}`);
  return word;
};

type OptionTable = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

const read = <const T extends OptionTable>(words: readonly string[], options: T, allowPositionals = false) => {
  try {
    return parseArgs({ args: [...words], options, strict: true, allowPositionals });
  } catch (cause) {
    throw usage((cause as Error).message, cause);
  }
};

const usage = (message: string, cause?: unknown): SipreelError => new SipreelError('usage_invalid', message, { cause });
