import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { lintScript } from '../../../src/switch/swml/lint/lint.ts';
import { methodTable } from '../../../src/switch/swml/methods/table.ts';
import { readSource } from '../../../src/switch/swml/read-source.ts';
import { scriptSchema } from '../../../src/switch/swml/script-schema.ts';
import { plainValue } from '../../../src/switch/swml/source-node.ts';

const validate = new Ajv2020({ allErrors: false, strict: true, strictTypes: false, strictRequired: false }).compile(
  scriptSchema(methodTable),
);

/** Whether the JSON Schema accepts a script, as an editor sees it; the first reason why not. */
export const refusedBySchema = (script: string): string | undefined => {
  if (validate(plainValue(readSource(script, 'x')))) return undefined;
  const { instancePath = '', message = 'refused' } = validate.errors?.[0] ?? {};
  return `${instancePath}: ${message}`;
};

/** What no JSON Schema need know, by the words of its error: these are left to lint and to the run. */
const semantic = [
  /has no label/,
  /there is no section/,
  /stands in this section twice/,
  /is read only/,
  /is not a name for a variable/,
  /the expression .* failed/s,
  /without its \}/,
  // A text that reads as a number is one; its range is seen then.
  /"[-+\d.e]+" is not allowed: it must be a (whole )?number/i,
  // What may be dialled, and which headers may be sent.
  /it must be (a number or )?a URI such as sip:/,
  /IP an address and not a name|PORT from 1 to 65535/,
  /is made by the switch itself|X-\S+ must be text on one line/,
] as const;

/** Fails unless the schema refuses what lint refuses, but for what no schema need know, and nothing else; says which it was. */
export const expectAgreement = async (text: string): Promise<'accepted' | 'refused'> => {
  const findings = await lintScript(text, { name: 'x', methods: methodTable });
  const errors = findings.filter(({ severity }) => severity === 'error');
  const shape = errors.filter(({ message }) => !semantic.some((words) => words.test(message)));
  const refused = refusedBySchema(text);
  const context = `${text}\n${errors.map(({ message }) => message).join('\n')}\nthe schema: ${refused ?? 'accepted'}`;
  if (shape.length > 0) expect(refused, context).toBeDefined();
  if (errors.length === 0) expect(refused, context).toBeUndefined();
  return refused === undefined ? 'accepted' : 'refused';
};
