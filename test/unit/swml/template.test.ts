import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeBare } from '../../../src/switch/swml/step.ts';
import {
  bareExpression,
  type Expansion,
  expand,
  maxTextLength,
  parseTemplate,
} from '../../../src/switch/swml/template.ts';

const values: Record<string, unknown> = {
  n: 5,
  yes: true,
  list: [1, 'a'],
  object: { a: 1 },
  nothing: undefined,
  none: null,
  text: 'x${n}',
};
const expansion: Expansion = {
  resolve: (expression) => (Object.hasOwn(values, expression) ? values[expression] : `<${expression}>`),
  unclosed: (text, path) => new Error(`unclosed at ${path.join('.')}: ${text}`),
  tooLong: (path) => new Error(`too long at ${path.join('.')}`),
};

describe('expanding', { timeout: 60_000 }, () => {
  it.each<[unknown, unknown]>([
    ['no variables { } $ %', 'no variables { } $ %'],
    ['${n}', 5],
    ['%{n}', 5],
    ['${ n }', 5],
    ['${yes}', true],
    ['${list}', [1, 'a']],
    ['${object}', { a: 1 }],
    ['${nothing}', ''],
    ['${none}', ''],
    ['a ${n} b %{yes}', 'a 5 b true'],
    ['say: ${list} ${object} [${nothing}]', 'say: [1,"a"] {"a":1} []'],
    ['${n}${n}', '55'],
    ['$${n}', '$5'],
    ['${text}', 'x${n}'],
    ['${a ? "}" : \'{\'} end', '<a ? "}" : \'{\'> end'],
    ['${f({a: {b: 1}})}', '<f({a: {b: 1}})>'],
    ['${"\\"}"}', '<"\\"}">'],
    ['${}', '<>'],
    [
      { a: '${n}', b: ['${yes}', { '${n}': '${n}' }] },
      { a: 5, b: [true, { '${n}': 5 }] },
    ],
    [7, 7],
    [null, null],
  ])('%j gives %j', async (value, expected) => {
    expect(await expand(value, expansion)).toEqual(expected);
  });

  it('leaves alone what was prepared at load', async () => {
    const bare = makeBare('${n}');
    expect(await expand({ when: bare }, expansion)).toEqual({ when: bare });
  });

  it('tells where a variable is not closed or a text gets too long', async () => {
    await expect(expand({ a: ['x', 'y ${n'] }, expansion)).rejects.toThrow('unclosed at a.1: y ${n');
    const long = { ...expansion, resolve: () => 'x'.repeat(maxTextLength) };
    await expect(expand({ a: '${b}y' }, long)).rejects.toThrow('too long at a');
  });

  it('loses nothing of any text, and takes no longer for many openings', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('${', '%{', '{', '}', '$', '%', 'a', '"', '\\', '`', "'")).map((all) => all.join('')),
        (text) => {
          const parts = parseTemplate(text);
          const again = parts?.map((part) => ('text' in part ? part.text : '')).join('') ?? '';
          expect(again.length).toBeLessThanOrEqual(text.length);
          if (!/[$%]\{/.test(text)) expect(again).toBe(text);
        },
      ),
    );
    const started = performance.now();
    expect(parseTemplate('${'.repeat(500_000))).toBeUndefined();
    expect(parseTemplate('${a}'.repeat(250_000))).toHaveLength(250_000);
    expect(parseTemplate('{'.repeat(1_000_000))).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

it.each([
  ['call.type == "sip"', 'call.type == "sip"'],
  ['${call.type == "sip"}', 'call.type == "sip"'],
  ['%{x}', 'x'],
  ['${prompt_value} == 1', '(prompt_value) == 1'],
  [' ${a} && ${b} ', '(a) && (b)'],
  ['`${a}` == "1"', '`${a}` == "1"'],
])('a condition written as %s means %s', (text, expression) => {
  expect(bareExpression(text)).toBe(expression);
});
