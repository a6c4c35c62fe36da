import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { parseScript } from '../../../src/switch/swml/parse-script.ts';
import type { Block } from '../../../src/switch/swml/step.ts';

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

const main = (steps: string): string => `sections:\n  main:\n${steps}`;

describe('a script that is right', () => {
  it.each(['record-mp3', 'leave-message', 'leave-message-speak'])('the shipped %s.yaml loads', (name) => {
    const file = `config/scripts/${name}.yaml`;
    const document = parseScript(readFileSync(file, 'utf8'), { name: file });
    expect(methodsOf(document.sections.get('main')?.block).flatMap((step) => Object.keys(step as object))).toEqual(
      name === 'record-mp3' ? ['record_call'] : ['record_call', 'play', 'stop_record_call', 'play'],
    );
  });

  it.each<[string, string, unknown]>([
    ['a method without parameters as text', '    - answer', [{ answer: {} }]],
    ['a method with nothing', '    - answer:', [{ answer: {} }]],
    ['a method with an empty object', '    - answer: {}', [{ answer: {} }]],
    ['play with a URL', '    - play: say:hello', [{ play: { url: 'say:hello' } }]],
    ['play with a list', '    - play: [say:a, say:b]', [{ play: { urls: ['say:a', 'say:b'] } }]],
    ['stop_record_call with an id', '    - stop_record_call: r1', [{ stop_record_call: { control_id: 'r1' } }]],
    ['hangup with a reason', '    - hangup: busy', [{ hangup: { reason: 'busy' } }]],
    ['sleep with a number', '    - sleep: -1', [{ sleep: { duration: -1 } }]],
    ['a label', '    - label: again', [{ label: { label: 'again' } }]],
    ['goto with a label', '    - goto: again', [{ goto: { label: 'again' } }]],
    ['execute with a section', '    - execute: sub', [{ execute: { dest: 'sub' } }]],
    ['transfer with a URL', '    - transfer: https://a.example/', [{ transfer: { dest: 'https://a.example/' } }]],
    ['unset with a name', '    - unset: a', [{ unset: { variables: 'a' } }]],
    ['return with a value', '    - return: [1, {a: 2}]', [{ return: { value: [1, { a: 2 }] } }]],
    ['return with nothing', '    - return', [{ return: {} }]],
    ['set', '    - set: {a: 1, b.c: x}', [{ set: { variables: { a: 1, 'b.c': 'x' } } }]],
    ['a section that is one object', '    play: {url: say:x}', [{ play: { url: 'say:x' } }]],
    ['a section that is one word', '    answer', [{ answer: {} }]],
    ['parameters that are one variable', '    - record_call: ${how}', [{ record_call: '${how}' }]],
  ])('%s is normalised', (_, yaml, steps) => {
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

interface Bad {
  readonly what: string;
  readonly source: string | object;
  readonly code: string;
  /** line:column path */
  readonly at: string;
  readonly says?: string;
}

const bad: readonly Bad[] = [
  { what: 'nothing', source: '', code: 'parse_error', at: '1:1 ', says: 'empty' },
  { what: 'a comment alone', source: '# x\n', code: 'parse_error', at: '1:1 ' },
  { what: 'broken YAML', source: 'sections:\n  main: [\n', code: 'parse_error', at: '3:1 ' },
  { what: 'broken JSON', source: '{"sections": {"main": ["answer",,]}}', code: 'parse_error', at: '1:33 ' },
  { what: 'two documents', source: 'sections: {main: answer}\n---\na: 1\n', code: 'parse_error', at: '2:1 ' },
  { what: 'an alias without anchor', source: main('    - play: *x'), code: 'parse_error', at: '3:13 ', says: '*x' },
  { what: 'an alias to what it stands in', source: 'sections: &s {main: [*s]}', code: 'parse_error', at: '1:22 ' },
  { what: 'a key that is a list', source: 'sections: {[a]: b}', code: 'parse_error', at: '1:11 ' },
  { what: 'text', source: 'hello', code: 'element_wrong_type', at: '1:1 ' },
  { what: 'a list', source: '- answer', code: 'element_wrong_type', at: '1:1 ', says: 'a list is given' },
  {
    what: 'an old version',
    source: 'version: 0.9.0\nsections: {main: answer}',
    code: 'version_invalid',
    at: '1:10 version',
  },
  {
    what: 'a version that is a number',
    source: `version: 1.0\n${main('    - answer')}`,
    code: 'version_invalid',
    at: '1:10 version',
    says: 'number 1',
  },
  { what: 'no sections', source: 'version: 1.0.0\n', code: 'sections_missing', at: '1:1 ' },
  { what: 'sections of nothing', source: 'sections:\n', code: 'sections_missing', at: '1:10 ' },
  { what: 'sections as a list', source: 'sections: [answer]', code: 'element_wrong_type', at: '1:11 sections' },
  {
    what: 'no main',
    source: 'sections:\n  Main: [answer]',
    code: 'main_section_missing',
    at: '2:3 sections',
    says: 'Main',
  },
  { what: 'main of nothing', source: 'sections:\n  main:\n', code: 'section_code_missing', at: '2:8 sections.main' },
  {
    what: 'an empty section',
    source: 'sections:\n  main: [answer]\n  sub: []',
    code: 'section_code_missing',
    at: '3:8 sections.sub',
  },
  {
    what: 'a section that is a number',
    source: 'sections: {main: 5}',
    code: 'element_wrong_type',
    at: '1:18 sections.main',
  },
  {
    what: 'an unknown key',
    source: 'sections: {main: answer}\nsection: {}',
    code: 'element_undefined',
    at: '2:1 section',
    says: 'did you mean sections?',
  },
  {
    what: 'a key twice',
    source: 'sections:\n  main: [answer]\n  main: [hangup]',
    code: 'element_duplicated',
    at: '3:3 ',
    says: '"main"',
  },
  {
    what: 'a parameter twice',
    source: main('    - play: {url: say:a, url: say:b}'),
    code: 'element_duplicated',
    at: '3:26 ',
  },
  { what: 'a step without a name', source: main('    - {}'), code: 'method_missing_name', at: '3:7 sections.main[0]' },
  {
    what: 'a step of nothing',
    source: main('    - answer\n    -\n'),
    code: 'method_missing_name',
    at: '4:6 sections.main[1]',
  },
  {
    what: 'a step with an empty name',
    source: main('    - "": 1'),
    code: 'method_missing_name',
    at: '3:7 sections.main[0]',
  },
  {
    what: 'a step that is a list',
    source: main('    - [answer]'),
    code: 'element_wrong_type',
    at: '3:7 sections.main[0]',
  },
  { what: 'a step that is a number', source: main('    - 5'), code: 'element_wrong_type', at: '3:7 sections.main[0]' },
  {
    what: 'two methods in one step',
    source: main('    - answer: {}\n      play: say:x'),
    code: 'element_invalid_value',
    at: '3:7 sections.main[0]',
    says: 'answer, play',
  },
  {
    what: 'an unknown method',
    source: main('    - answer\n    - plya: {url: say:x}'),
    code: 'method_undefined',
    at: '4:7 sections.main[1].plya',
    says: 'did you mean play?',
  },
  {
    what: 'the old misprint',
    source: main('    - stop_call_record'),
    code: 'method_undefined',
    at: '3:7 sections.main[0].stop_call_record',
    says: 'did you mean stop_record_call?',
  },
  {
    what: 'a method that is not there',
    source: main("    - ai: {prompt: 'say:hello'}"),
    code: 'method_undefined',
    at: '3:7 sections.main[0].ai',
    says: 'a method of SWML that sipreel does not have',
  },
  {
    what: 'an unknown method in a branch',
    source: main('    - cond:\n        - when: a\n          then:\n            - answer\n            - plai: x'),
    code: 'method_undefined',
    at: '7:15 sections.main[0].cond[0].then[1].plai',
  },
  {
    what: 'an unknown method in a case',
    source: main('    - switch:\n        variable: a\n        case:\n          1: [pay]'),
    code: 'method_undefined',
    at: '6:15 sections.main[0].switch.case.1[0].pay',
  },
  {
    what: 'an unknown method in on_return',
    source: main('    - execute: {dest: s, on_return: [x1]}'),
    code: 'method_undefined',
    at: '3:38 sections.main[0].execute.on_return[0].x1',
  },
  {
    what: 'a branch that is text of no method',
    source: main('    - cond: [{else: 5}]'),
    code: 'element_wrong_type',
    at: '3:21 sections.main[0].cond[0].else',
  },
  {
    what: 'a label twice',
    source: main('    - label: a\n    - cond: [{when: x, then: [{label: a}]}]'),
    code: 'element_duplicated',
    at: '4:32 sections.main[1].cond[0].then[0].label',
  },
  {
    what: 'an inline script without main',
    source: main('    - execute: {dest: {sections: {sub: answer}}}'),
    code: 'main_section_missing',
    at: '3:34 sections.main[0].execute.dest.sections',
  },
  {
    what: 'an object that holds itself',
    source: Object.assign(
      {},
      {
        get sections() {
          return this;
        },
      },
    ),
    code: 'parse_error',
    at: '1:1 ',
  },
  { what: 'an object with a bigint', source: { sections: 1n }, code: 'parse_error', at: '1:1 ' },
];

describe('a script that is wrong', () => {
  it.each(bad.map((row) => [row.what, row] as const))(
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
