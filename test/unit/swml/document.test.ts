import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { parseScript } from '../../../src/switch/swml/parse-script.ts';
import type { Block } from '../../../src/switch/swml/step.ts';
import { badDocuments } from './tables/bad-documents.ts';
import { main } from './tables/main.ts';
import { shortForms } from './tables/short-forms.ts';

const parse = (source: string | object) => parseScript(source, { name: 'test.yaml' });

/** The steps of main as method and parameters, without what nested blocks hold. */
const stepsOf = (source: string | object): unknown[] => methodsOf(parse(source).sections.get('main')?.block);
const methodsOf = (block: Block | undefined): unknown[] =>
  (block?.steps ?? []).map(({ method, parameters }) => ({ [method.name]: parameters }));

const errorOf = (source: string | object): SipreelError => {
  try {
    parse(source);
  } catch (thrown) {
    if (thrown instanceof SipreelError) return thrown;
    throw thrown;
  }
  throw new Error(`this was parsed without an error:\n${typeof source === 'string' ? source : JSON.stringify(source)}`);
};

describe('a script that is right', () => {
  it.each(['record-mp3', 'leave-message', 'leave-message-speak'])('the shipped %s.yaml loads', (name) => {
    const file = `config/scripts/${name}.yaml`;
    const document = parseScript(readFileSync(file, 'utf8'), { name: file });
    expect(methodsOf(document.sections.get('main')?.block).flatMap((step) => Object.keys(step as object))).toEqual(
      name === 'record-mp3' ? ['record_call'] : ['record_call', 'play', 'stop_record_call', 'play'],
    );
  });

  it.each(shortForms)('%s is normalised', (_, yaml, steps) => {
    expect(stepsOf(main(yaml))).toEqual(steps);
  });

  it('numbers that are rather digits keep their text', () => {
    const yaml = main(
      '    - set: {a: +15551234567, b: 0123, c: 12345678901234567890, d: 0x1F, e: 12, f: 1.50, g: .inf}',
    );
    expect(stepsOf(yaml)).toEqual([
      {
        set: {
          variables: { a: '+15551234567', b: '0123', c: '12345678901234567890', d: '0x1F', e: 12, f: 1.5, g: '.inf' },
        },
      },
    ]);
  });

  it('is the same as YAML, as JSON with tabs, and as an object', () => {
    const object = { version: '1.0.0', sections: { main: [{ record_call: { format: 'mp3', beep: true } }, 'answer'] } };
    const expected = [{ record_call: { format: 'mp3', beep: true } }, { answer: {} }];
    expect(stepsOf(object)).toEqual(expected);
    expect(stepsOf(JSON.stringify(object, null, '\t'))).toEqual(expected);
    expect(
      stepsOf(`\uFEFFversion: 1.0.0\n${main('    - record_call: {format: mp3, beep: true}\n    - answer')}`),
    ).toEqual(expected);
  });

  it('may use anchors and aliases', () => {
    const yaml = `sections:\n  main:\n    - play: &greeting {url: say:hi}\n    - play: *greeting`;
    expect(stepsOf(yaml)).toEqual([{ play: { url: 'say:hi' } }, { play: { url: 'say:hi' } }]);
  });

  it('loads the steps within steps', () => {
    const yaml = main(`
    - cond:
        - when: a == 1
          then: [answer]
        - else: hangup
    - switch: {variable: a, case: {1: [answer], x: {play: say:x}}, default: []}
    - execute: {dest: sub, on_return: [answer], result: {case: {ok: [hangup]}}}`);
    const [cond, choose, execute] = stepsOf(yaml) as [
      { cond: { conditions: [{ then: Block }, { else: Block }] } },
      { switch: { case: Record<string, Block>; default: Block } },
      { execute: { on_return: Block; result: Block } },
    ];
    expect(methodsOf(cond.cond.conditions[0].then)).toEqual([{ answer: {} }]);
    expect(methodsOf(cond.cond.conditions[1].else)).toEqual([{ hangup: {} }]);
    expect(Object.keys(choose.switch.case)).toEqual(['1', 'x']);
    expect(methodsOf(choose.switch.default)).toEqual([]);
    expect(methodsOf(execute.execute.on_return)).toEqual([{ answer: {} }]);
    expect(execute.execute.result.steps.map(({ method }) => method.name)).toEqual(['switch']);
  });
});

describe('a script that is wrong', () => {
  it.each(badDocuments.map((row) => [row.what, row] as const))(
    '%s is refused with its place',
    (_, { source, code, at, says }) => {
      const error = errorOf(source);
      const { line, column, path, script } = error.details;
      expect({ code: error.code, at: `${line}:${column} ${path}`, message: error.message }).toEqual({
        code: `relay_script_${code}`,
        at,
        message: says === undefined ? error.message : expect.stringContaining(says),
      });
      expect(script).toBe('test.yaml');
      expect(error.message).toMatch(new RegExp(`^test\\.yaml:${line}:${column}: `));
      expect([error.kind.fault, error.kind.sip, error.kind.http]).toEqual(['script', 500, 422]);
    },
  );

  it('tells the place in a script that stands in another as text', () => {
    const inner = '{"sections":\n{"main": ["answr"]}}';
    const error = errorOf({ sections: { main: [{ execute: { dest: inner } }] } });
    expect(error.code).toBe('relay_script_method_undefined');
    expect(error.message).toMatch(/^test\.yaml#sections\.main\[0\]\.execute\.dest:2:11: sections\.main\[0\]\.answr: /);
  });
});
