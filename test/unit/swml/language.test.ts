import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { expressionDeadlineMs, maxExpressionLength } from '../../../src/switch/swml/expressions/engine.ts';
import { maxExecuteDepth, maxSteps, maxTransfers } from '../../../src/switch/swml/interpreter.ts';
import { withLanguageTables } from '../../../src/switch/swml/language-tables.ts';
import type { Method } from '../../../src/switch/swml/method.ts';
import { methodTable } from '../../../src/switch/swml/methods/table.ts';
import { maxScriptBytes, maxScriptDepth, maxScriptValues } from '../../../src/switch/swml/read-source.ts';
import { extensions } from '../../../src/switch/swml/strict.ts';
import { maxTextLength } from '../../../src/switch/swml/template.ts';
import { maxVariablesSize } from '../../../src/switch/swml/variables.ts';
import { swmlReference, swmlReferenceBeyond } from './tables/reference.ts';

const page = readFileSync('docs/04-swml.md', 'utf8');

interface Documented {
  readonly ours: boolean;
  /** Parameter -> supported, differs, ours or refused. */
  readonly parameters: ReadonlyMap<string, string>;
}

const documented: ReadonlyMap<string, Documented> = new Map(
  (page.split('\n## Methods\n')[1] ?? '')
    .split('\n## ')[0]
    ?.split('\n### ')
    .slice(1)
    .map((part): [string, Documented] => {
      const [, name = '', ours] = /^`(\w+)`( \(ours\))?\n/.exec(part) ?? [];
      const rows = [...part.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].map(([, parameter = '', status = '']) => {
        return [parameter, status] as const;
      });
      return [name, { ours: ours !== undefined, parameters: new Map(rows) }];
    }),
);

/** The parameters that a script writes; those of the conditions where they are all there is. */
const parametersOf = ({ parameters, whole }: Method): Readonly<Record<string, z.ZodType>> => {
  const { shape } = parameters as z.ZodObject<Record<string, z.ZodType>>;
  if (whole === undefined) return shape;
  const only = shape[whole];
  const item = only instanceof z.ZodArray ? (only.element as z.ZodType) : undefined;
  return item instanceof z.ZodObject ? (item.shape as Record<string, z.ZodType>) : {};
};

/** True for a parameter that is there to be refused with a reason. */
const isRefused = (schema: z.ZodType): boolean =>
  schema instanceof z.ZodOptional && (schema.unwrap() as z.ZodType) instanceof z.ZodNever;

describe('docs/04-swml.md', () => {
  it('has the tables that the code makes (npm run docs writes them)', () => {
    expect(page).toBe(withLanguageTables(page));
    expect(page).toContain('| `record_call`: makes digits silent in the file | `mask_digits` | - |');
    expect(page).toContain('| `send_fax`, `receive_fax` | no fax |');
  });

  it('has every method of the code and no other one', () => {
    expect([...documented.keys()].sort()).toEqual([...methodTable.known.keys()].sort());
  });

  it.each([...methodTable.known.values()].map((method) => [method.name, method] as const))(
    'has every parameter of %s and no other one, each with a status',
    (name, method) => {
      const rows = documented.get(name)?.parameters ?? new Map<string, string>();
      const taken = [...rows].filter(([, status]) => status !== 'refused').map(([parameter]) => parameter);
      const refused = [...rows].filter(([, status]) => status === 'refused').map(([parameter]) => parameter);
      const ofCode = Object.entries(parametersOf(method));
      expect(taken.sort()).toEqual(ofCode.flatMap(([key, schema]) => (isRefused(schema) ? [] : [key])).sort());
      expect(refused.sort()).toEqual(
        [...(method.refused ?? []), ...ofCode.flatMap(([key, schema]) => (isRefused(schema) ? [key] : []))].sort(),
      );
      for (const [parameter, status] of rows) {
        expect(['supported', 'differs', 'ours', 'refused'], parameter).toContain(status);
      }
    },
  );
});

describe('the limits of docs/04-swml.md', () => {
  it.each([
    [`${maxScriptBytes / 1_048_576} MB`, 'a script'],
    [`${maxScriptValues.toLocaleString('en-US')} values`, 'a script'],
    [`${maxScriptDepth} levels`, 'a script'],
    [`${maxExpressionLength.toLocaleString('en-US')} characters`, 'an expression'],
    [`${expressionDeadlineMs} ms of processor time`, 'an expression'],
    [`${maxTextLength.toLocaleString('en-US')} characters`, 'a text with its variables'],
    [`${maxVariablesSize / 1_048_576} MB`, 'variables of a call'],
    [`| ${maxSteps.toLocaleString('en-US')} |`, 'steps of a call'],
    [`| ${maxExecuteDepth} |`, '`execute` within `execute`'],
    [`| ${maxTransfers} |`, '`transfer` in a call'],
  ])('%s is that of %s in the code', (limit, what) => {
    const row = page.split('\n').find((line) => line.startsWith(`| ${what} |`));
    expect(row).toContain(limit);
  });
});

describe("what SWML's reference has", () => {
  it.each(Object.entries(swmlReference))(
    '%s is there, and so are its parameters, if only to be refused',
    (name, names) => {
      const rows = documented.get(name);
      expect(rows?.ours).toBe(false);
      expect(names.filter((parameter) => !rows?.parameters.has(parameter))).toEqual([]);
    },
  );

  it('and what is beyond it is refused by name', () => {
    expect([...methodTable.refused.keys()].sort()).toEqual([...swmlReferenceBeyond].sort());
  });

  it('is all that is not marked as ours, in the page and in the table that strict scripts are held to', () => {
    const ours = [...documented].flatMap(([name, { ours: all, parameters }]) => {
      const own = [...parameters].flatMap(([parameter, status]) => (status === 'ours' ? [`${name}.${parameter}`] : []));
      return all ? [name] : own;
    });
    const beyond = [...documented].flatMap(([name, { parameters }]) => {
      const known = swmlReference[name];
      if (!known) return [name];
      return [...parameters.keys()].flatMap((parameter) => (known.includes(parameter) ? [] : [`${name}.${parameter}`]));
    });
    const table = extensions.flatMap((extension) => {
      if (extension.kind === 'parameter') return [`${extension.method}.${extension.parameter}`];
      return extension.kind === 'method' ? [extension.method] : [];
    });
    expect(ours.sort()).toEqual(beyond.sort());
    expect(table.sort()).toEqual(beyond.sort());
  });
});
