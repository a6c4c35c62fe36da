import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { parseScript } from '../../../src/switch/swml/parse-script.ts';
import { maxScriptBytes, maxScriptDepth, readSource } from '../../../src/switch/swml/read-source.ts';
import { plainValue } from '../../../src/switch/swml/source-node.ts';

const codeOf = (source: string | object): string => {
  try {
    parseScript(source, { name: 'x' });
    return 'none';
  } catch (thrown) {
    if (thrown instanceof SipreelError) return thrown.code;
    throw thrown;
  }
};

const errorOf = (source: string): SipreelError => {
  try {
    parseScript(source, { name: 'x' });
  } catch (thrown) {
    if (thrown instanceof SipreelError) return thrown;
    throw thrown;
  }
  throw new Error('it was parsed');
};

/** Words that lead far into the loader. */
const word = fc.constantFrom(
  ...'sections main version 1.0.0 answer play cond when then else switch variable case default execute dest on_return'.split(
    ' ',
  ),
  ...'result params goto label max set unset return transfer record_call hangup : - , { } [ ] " \' # & * | > ! % ? @ `'.split(
    ' ',
  ),
  '\n',
  '\n  ',
  '\n    - ',
  ': ',
  '${a.b}',
  '%{x}',
  '__proto__',
  '&a ',
  '*a',
  '<<: ',
  '!!set ',
  '%YAML 1.1\n---\n',
  '\t',
  '\u0000',
  '\uD800',
);

/** Milliseconds; a tenth of it is enough on an idle machine. */
const hang = 20_000;

describe('reading a script', { timeout: 2 * hang }, () => {
  it('throws nothing but SipreelError for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string(),
          fc.array(word, { maxLength: 60 }).map((all) => all.join('')),
        ),
        (text) => {
          codeOf(text);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('throws nothing but SipreelError for any object', () => {
    const step = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<unknown>(null, 1, -1, true, '', 'answer', 'goto', '${x}', '__proto__'),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(
          fc.constantFrom(
            'answer',
            'play',
            'cond',
            'when',
            'then',
            'else',
            'switch',
            'case',
            'execute',
            'dest',
            'sections',
            'main',
            '__proto__',
          ),
          tie('value'),
          { maxKeys: 3 },
        ),
      ),
    })).value;
    fc.assert(
      fc.property(fc.oneof(step, fc.record({ sections: fc.record({ main: step }) })), (value) => {
        codeOf(value as object);
        codeOf(JSON.stringify(value));
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // An integer beyond 2^53 stays text, as its last digits would be lost.
        const json = JSON.stringify(value, (_, part: unknown) =>
          typeof part === 'number' && (Math.abs(part) > Number.MAX_SAFE_INTEGER || Object.is(part, -0)) ? 0 : part,
        );
        if (json === 'null') return;
        expect(plainValue(readSource(json, 'x'))).toEqual(JSON.parse(json));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'])(
    'takes %s for a name like any other, wherever it stands',
    (name) => {
      const json = JSON.stringify(name);
      expect(codeOf(`{"sections": {"main": [{${json}: {}}]}}`)).toBe('relay_script_method_undefined');
      expect(codeOf(`{"sections": {"main": [${json}]}}`)).toBe('relay_script_method_undefined');
      expect(codeOf(`{"sections": {${json}: ["answer"]}}`)).toBe('relay_script_main_section_missing');
      expect(codeOf(`{"sections": {"main": ["answer"]}, ${json}: 1}`)).toBe('relay_script_element_undefined');
      expect(codeOf(`{${json}: {"sections": {"main": ["answer"]}}}`)).toBe('relay_script_element_undefined');
      for (const step of [
        `{"label": ${json}}`,
        `{"play": {${json}: 1}}`,
        `{"set": {${json}: 1}}`,
        `{"execute": ${json}}`,
      ]) {
        expect(codeOf(`{"sections": {"main": [${step}], ${json}: ["answer"]}}`)).toBe('none');
      }
      expect(({} as Record<string, unknown>).answer).toBeUndefined();
    },
  );

  it('keeps errors short, however long the names are that they are about', () => {
    const long = 'k'.repeat(100_000);
    const scripts = [
      `sections: {main: [{${long}: 1}]}`,
      `sections: {main: [answer], ${long}: 5}`,
      `{sections: {main: [answer]}, ${long}: 1}`,
      `sections: {main: [{label: ${long}}, {label: ${long}}]}`,
      `{a: 1, ${long}: 1, ${long}: 2}`,
    ];
    for (const script of scripts) {
      const thrown = errorOf(script);
      expect(thrown.message.length + JSON.stringify(thrown.details).length).toBeLessThan(2_000);
    }
  });

  it('keeps a key __proto__ a key', () => {
    const value = plainValue(readSource('{"__proto__": {"polluted": 1}}', 'x')) as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('refuses what grows when aliases are counted', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level <= 9; level++) {
      lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    expect(codeOf(lines.join('\n'))).toBe('relay_script_parse_error');
  });

  it('refuses more than 1 MB', () => {
    expect(codeOf(`# ${'é'.repeat(maxScriptBytes / 2)}\nsections: {main: answer}`)).toBe('relay_script_parse_error');
  });

  it(`takes ${maxScriptDepth} levels and refuses one more, whatever they are made of`, () => {
    const list = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(plainValue(readSource(list(maxScriptDepth), 'x'))).toBeInstanceOf(Array);
    expect(codeOf(list(maxScriptDepth + 1))).toBe('relay_script_nested_too_deep');
    let nested: object = {};
    for (let level = 0; level < 20_000; level++) nested = { a: nested };
    expect(codeOf(nested)).toBe('relay_script_nested_too_deep');
    const aliases = Array.from(
      { length: 120 },
      (_, level) => `a${level}: &a${level} [${level === 0 ? '' : `*a${level - 1}`}]`,
    );
    expect(codeOf(aliases.join('\n'))).toBe('relay_script_nested_too_deep');
  });

  // What makes the YAML reader slow or deep; each is a script of the largest size.
  const size = maxScriptBytes - 10;
  it.each<[string, (length: number) => string]>([
    ['opened lists', (length) => '['.repeat(length)],
    ['opened maps', (length) => '{a: '.repeat(length / 4)],
    ['nested list items', (length) => '- '.repeat(length / 2)],
    ['nested keys', (length) => '? '.repeat(length / 2)],
    ['keys on one line', (length) => 'a: '.repeat(length / 3)],
    [
      'a staircase',
      (length) => Array.from({ length: Math.sqrt(2 * length) - 3 }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
    ],
    [
      'different keys',
      (length) => Array.from({ length: length / 9 }, (_, index) => `${String(index).padStart(7, '0')}:`).join('\n'),
    ],
    ['closing brackets', (length) => '}'.repeat(length)],
    ['tags', (length) => '! '.repeat(length / 2)],
    ['anchors', (length) => '&a '.repeat(length / 3)],
    ['directives', (length) => '%a b\n'.repeat(length / 5)],
    ['quotes', (length) => '"'.repeat(length)],
    ['one key', (length) => `{"${'k'.repeat(length - 6)}":1}`],
    ['one key of a method', (length) => `sections: {main: [{${'k'.repeat(length - 40)}: 1}]}`],
    ['equal keys', (length) => 'a:\n'.repeat(length / 3)],
    ['colons', (length) => `[${': '.repeat(length / 2 - 2)}]`],
  ])('does not hang on 1 MB of %s', (_, make) => {
    const started = performance.now();
    expect(codeOf(make(size))).toMatch(/^relay_script_(parse_error|nested_too_deep|element_|method_undefined)/);
    expect(performance.now() - started).toBeLessThan(hang);
  });
});
