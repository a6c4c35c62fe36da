import { main } from './main.ts';

/** A script that is refused when it is read. */
export interface BadDocument {
  readonly what: string;
  readonly source: string | object;
  readonly code: string;
  /** line:column path */
  readonly at: string;
  readonly says?: string;
}

export const badDocuments: readonly BadDocument[] = [
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
