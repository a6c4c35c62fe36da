import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { SipreelError } from '../errors/error.ts';
import { type Config, configSchema } from './schema.ts';

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  /** Dotted path, such as `sip.drachtio.0.secret`. */
  readonly key: string;
  /** The value at fault as JSON, or undefined where the key is missing. */
  readonly value: string | undefined;
  readonly problem: string;
}

/**
 * Reads a YAML file, lays `key=value` settings over it and checks the whole.
 * @throws SipreelError config_unreadable, or config_invalid whose message lists every problem, one a line.
 */
export const loadConfig = (options: { file?: string; settings?: readonly string[]; base?: object }): Config => {
  const written = { ...(options.base ?? {}), ...(options.file === undefined ? {} : readYaml(options.file)) };
  for (const setting of options.settings ?? []) applySetting(written, setting);
  const result = configSchema.safeParse(written);
  if (result.success) return result.data;
  const problems = problemsOf(result.error, written);
  const where = options.file ?? 'the settings';
  throw new SipreelError(
    'config_invalid',
    `${where}: ${problems.length} problem${problems.length === 1 ? '' : 's'}\n${problems.map(printProblem).join('\n')}`,
    { details: { problems } },
  );
};

const printProblem = ({ key, value, problem }: ConfigProblem): string =>
  `  ${key}${value === undefined ? '' : ` = ${value}`}: ${problem}`;

const readYaml = (file: string): Record<string, unknown> => {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SipreelError('config_unreadable', `configuration ${file}: ${(cause as Error).message}`, { cause });
  }
  const document = parseDocument(source);
  const broken = document.errors[0];
  if (broken) throw new SipreelError('config_invalid', `${file}: ${broken.message}`, { cause: broken });
  const value: unknown = document.toJS();
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new SipreelError('config_invalid', `${file}: must hold keys and values, such as "redis:"`);
  }
  return value as Record<string, unknown>;
};

/** `redis.url=redis://...`: the value is read as YAML, so numbers, true and [a, b] are what they look like. */
const applySetting = (target: Record<string, unknown>, setting: string): void => {
  const at = setting.indexOf('=');
  const path = setting.slice(0, at).split('.');
  if (at < 1 || path.some((part) => part === '' || part === '__proto__')) {
    throw new SipreelError('config_invalid', `--set ${setting}: must be key=value, such as --set log.level=debug`);
  }
  const last = path.pop() as string;
  let place: Record<string, unknown> = target;
  for (const part of path) {
    const next = place[part];
    // A copy, so that what the caller gave as base stays as it is.
    const copy: object = Array.isArray(next) ? [...next] : typeof next === 'object' ? { ...next } : {};
    place[part] = copy;
    place = copy as Record<string, unknown>;
  }
  place[last] = parseDocument(setting.slice(at + 1)).toJS();
};

const problemsOf = (error: z.ZodError, written: unknown): ConfigProblem[] =>
  error.issues.flatMap((issue): ConfigProblem[] => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((name) => ({
        key: [...path, name].join('.'),
        value: show(name, valueAt(written, [...path, name])),
        problem: 'is no key of the configuration; see config/sipreel.yaml for all of them',
      }));
    }
    const value = valueAt(written, path);
    const problem = value === undefined ? `is missing: ${issue.message}` : issue.message;
    return [{ key: path.join('.') || '(top level)', value: show(path.at(-1) ?? '', value), problem }];
  });

const valueAt = (root: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], root);

const secretKey = /secret|password|signing_key|ha1/;

const show = (name: string, value: unknown): string | undefined => {
  if (value === undefined) return undefined;
  if (secretKey.test(name)) return '...';
  return JSON.stringify(value, (key, inner: unknown) => (secretKey.test(key) ? '...' : inner));
};
