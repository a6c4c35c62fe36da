import { readFileSync } from 'node:fs';
import { SipreelError } from '../errors/error.ts';
import { createSyntaxCheck } from '../switch/swml/expressions/syntax.ts';
import { type Finding, findingOf } from '../switch/swml/lint/finding.ts';
import { lintScript } from '../switch/swml/lint/lint.ts';
import { methodTable } from '../switch/swml/methods/table.ts';
import { scriptSchema } from '../switch/swml/script-schema.ts';
import type { LintArguments } from './arguments.ts';
import { findingText, summary } from './lint-text.ts';

/** `sipreel lint`: tells what is wrong with scripts, without a call. Gives the exit code: 1 if anything is an error. */
export const lint = async (given: LintArguments): Promise<number> => {
  if (given.schema) {
    process.stdout.write(`${JSON.stringify(scriptSchema(methodTable), null, 2)}\n`);
    return 0;
  }
  const syntax = createSyntaxCheck();
  const findings: Finding[] = [];
  for (const file of given.files) {
    const name = file === '-' ? '<stdin>' : file;
    const text = readText(file, name);
    const found =
      typeof text === 'string'
        ? await lintScript(text, { name, methods: methodTable, strict: given.strict, syntax })
        : [findingOf(text, name)];
    findings.push(...found);
    const lines = typeof text === 'string' ? text.split(/\r?\n/) : [];
    if (!given.json) for (const one of found) process.stdout.write(findingText(one, one.script === name ? lines : []));
  }
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const counts = { scripts: given.files.length, errors, warnings: findings.length - errors };
  process.stdout.write(given.json ? `${JSON.stringify({ ...counts, findings })}\n` : summary(counts));
  return errors > 0 ? 1 : 0;
};

const readText = (file: string, name: string): string | SipreelError => {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new SipreelError('script_unreadable', `it cannot be read: ${reason}`, { cause, details: { script: name } });
  }
};
