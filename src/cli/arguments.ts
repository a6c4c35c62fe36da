import { parseArgs } from 'node:util';
import { SipreelError } from '../errors/error.ts';

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

export interface LintArguments {
  readonly command: 'lint';
  /** Paths; - is standard input. */
  readonly files: readonly string[];
  readonly strict: boolean;
  readonly json: boolean;
  /** Prints the JSON Schema of scripts and looks at none. */
  readonly schema: boolean;
}

export type Arguments =
  | ServeArguments
  | DemoArguments
  | LintArguments
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
    case 'lint':
      return lint(rest);
    case 'help':
    case '--help':
    case '-h':
      return { command: 'help', topic: rest[0] ?? '' };
    case 'version':
    case '--version':
      return { command: 'version' };
    default:
      throw usage(
        `${JSON.stringify(command)} is no command of sipreel; the commands are serve, demo, lint, help and version`,
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

type OptionTable = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

const read = <const T extends OptionTable>(words: readonly string[], options: T, allowPositionals = false) => {
  try {
    return parseArgs({ args: [...words], options, strict: true, allowPositionals });
  } catch (cause) {
    throw usage((cause as Error).message, cause);
  }
};

const usage = (message: string, cause?: unknown): SipreelError => new SipreelError('usage_invalid', message, { cause });
