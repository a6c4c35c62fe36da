import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSyntaxCheck } from '../../../src/switch/swml/expressions/syntax.ts';
import type { Finding } from '../../../src/switch/swml/lint/finding.ts';
import { lintScript } from '../../../src/switch/swml/lint/lint.ts';
import { methodTable } from '../../../src/switch/swml/methods/table.ts';
import { anyScript } from './any-script.ts';
import { createScriptedCall, run } from './scripted-call.ts';
import { badDocuments } from './tables/bad-documents.ts';
import { badSteps } from './tables/bad-steps.ts';
import { goodRecordings } from './tables/good-recordings.ts';
import { main } from './tables/main.ts';
import { shortForms } from './tables/short-forms.ts';

const syntax = createSyntaxCheck();
const lint = (source: string, strict = false) =>
  lintScript(source, { name: 'test.yaml', methods: methodTable, syntax, strict });
/** Findings as `severity code line:column path`. */
const shortly = (findings: readonly Finding[]) =>
  findings.map(({ severity, code, line, column, path }) => `${severity} ${code} ${line}:${column} ${path}`);

describe('lint finds nothing wrong with', { timeout: 60_000 }, () => {
  it.each(readdirSync('config/scripts'))('config/scripts/%s, not even strictly', async (name) => {
    expect(await lint(readFileSync(`config/scripts/${name}`, 'utf8'), true)).toEqual([]);
  });

  it.each(shortForms)('%s', async (_, written) => {
    const errors = (await lint(main(written))).filter(({ severity }) => severity === 'error');
    // Most name labels and sections that such a short script has not.
    expect(errors.filter(({ message }) => !/has no label|there is no section/.test(message))).toEqual([]);
  });

  it.each(goodRecordings)('record_call with %s', async (_, written) => {
    const errors = (await lint(main(`    - record_call: ${written}`))).filter(({ severity }) => severity === 'error');
    expect(errors).toEqual([]);
  });
});

describe('lint says of a script that is wrong what the run would say', { timeout: 60_000 }, () => {
  it.each(badDocuments.map((row) => [row.what, row] as const))('%s', async (_, { source, code, at }) => {
    if (typeof source !== 'string') return;
    expect(shortly(await lint(source))).toContain(`error relay_script_${code} ${at}`);
  });

  it.each(badSteps.map((row) => [row.step, row] as const))('%s', async (step, { code, at }) => {
    const found = shortly(await lint(main(`    - ${step}`)));
    // What a variable will be is not known before.
    if (step.includes('${')) return expect(found).toEqual([]);
    expect(found).toContain(`error relay_script_method_parameter_${code} ${at.replace(' ', ' sections.main[0]')}`);
  });
});

it('lint tells all errors at once, in the order of their lines', async () => {
  const script = `version: 2
sections:
  main:
    - record_call: { format: ogg, fromat: mp3, beep: maybe, control_id: "\${id}" }
    - plya: say:x
    - execute: { dest: sub, on_return: [hangup: rude] }
    - execute: { dest: { sections: { main: [{ goto: nowhere }] } } }
  sub: []
extra: 1
`;
  expect(shortly(await lint(script))).toEqual([
    'error relay_script_version_invalid 1:10 version',
    'error relay_script_method_parameter_invalid_value 4:22 sections.main[0].record_call.format',
    'error relay_script_method_parameter_undefined 4:35 sections.main[0].record_call.fromat',
    'error relay_script_method_parameter_invalid_value 4:48 sections.main[0].record_call.beep',
    'error relay_script_method_undefined 5:7 sections.main[1].plya',
    'error relay_script_method_parameter_invalid_value 6:49 sections.main[2].execute.on_return[0].hangup',
    'error relay_script_section_code_missing 8:8 sections.sub',
    'error relay_script_element_undefined 9:1 extra',
  ]);
});

describe('lint refuses', { timeout: 60_000 }, () => {
  it.each<[what: string, step: string, expected: readonly string[]]>([
    ['broken JavaScript', 'play: "say:${1 +} ${ok} ${a.b[0]}"', ['js_eval_error 3:13 .play']],
    ['broken JavaScript in a condition', 'cond: [{when: "x ==", then: []}]', ['js_eval_error 3:15 .cond[0].when']],
    ['an expression that is too long', `set: {a: "\${1 + ${'x'.repeat(1_025)}}"}`, ['js_eval_error 3:13 .set.a']],
    ['a variable without an end', 'set: {a: ["x", "${b"]}', ['js_eval_error 3:22 .set.a[1]']],
    [
      'a label in another section',
      'execute: {dest: {sections: {main: [{goto: here}], sub: [{label: here}]}}}',
      ['method_parameter_invalid_value 3:49 .execute.dest.sections.main[0].goto'],
    ],
    ['an unknown section', 'transfer: man', ['section_parameter_undefined 3:17 .transfer']],
    ['a name that no variable has', 'unset: [a, call.to]', ['method_parameter_invalid_value 3:14 .unset']],
  ])('%s', async (_, step, expected) => {
    const errors = (await lint(main(`    - ${step}`))).filter(({ severity }) => severity === 'error');
    expect(shortly(errors)).toEqual(
      expected.map((one) => `error relay_script_${one.replace(/ \./, ' sections.main[0].')}`),
    );
  });

  it('what is wrong in a script that stands in another as text', async () => {
    const inner = '{"sections": {"main": ["answer", "hangup", "plai"]}}';
    for (const dest of [`'${inner}'`, `' ${inner}'`]) {
      const [finding] = await lint(main(`    - execute: ${dest}`));
      expect(finding?.code).toBe('relay_script_method_undefined');
      expect(finding?.script).toBe('test.yaml#sections.main[0].execute');
    }
  });
});

describe('lint warns of', () => {
  it.each<[what: string, steps: string, expected: readonly string[]]>([
    ['a step after hangup', '    - hangup\n    - play: say:x\n    - answer', ['unreachable_step 4:7 .main[1].play']],
    ['a step after return', '    - return: 1\n    - answer', ['unreachable_step 4:7 .main[1].answer']],
    ['a step after transfer', '    - transfer: main\n    - answer', ['unreachable_step 4:7 .main[1].answer']],
    ['a step after a sleep without end', '    - sleep: -1\n    - answer', ['unreachable_step 4:7 .main[1].answer']],
    [
      'a step in a branch',
      '    - cond: [{when: a, then: [hangup, answer]}]\n    - answer',
      ['unreachable_step 3:39 .main[0].cond[0].then[1].answer'],
    ],
    ['a label without a goto', '    - label: a\n    - answer', ['unused_label 3:7 .main[0].label']],
    ['a section without an execute', '    - answer\n  sub:\n    - answer', ['unused_section 4:3 .sub']],
    [
      'stereo where there is one direction',
      '    - record_call: {stereo: true, direction: speak}\n    - record: {stereo: true}',
      ['no_effect 3:21 .main[0].record_call.stereo', 'no_effect 4:16 .main[1].record.stereo'],
    ],
  ])('%s', async (_, steps, expected) => {
    expect(shortly(await lint(main(steps)))).toEqual(
      expected.map((one) => `warning ${one.replace(/ \./, ' sections.')}`),
    );
  });

  it.each<[what: string, steps: string]>([
    ['what a goto leads to', '    - goto: b\n    - hangup\n    - label: b\n    - answer'],
    [
      'what a goto leads into',
      '    - goto: b\n    - hangup\n    - cond: [{when: a, then: [{label: b}]}]\n    - answer',
    ],
    ['what comes after goto, which gives up after its max', '    - label: a\n    - goto: a\n    - answer'],
    ['a sleep that ends', '    - sleep: 1\n    - answer'],
    ['labels, where a goto may lead anywhere', '    - label: a\n    - label: b\n    - goto: "${where}"'],
    ['sections, where an execute may lead anywhere', '    - execute: "${where}"\n  sub: [answer]'],
    ['stereo that depends on a variable', '    - record_call: {stereo: true, direction: "${d}"}'],
  ])('nothing: %s', async (_, steps) => {
    expect(shortly(await lint(main(steps)))).toEqual([]);
  });
});

it('lint tells an error of every script that fails by its form when it runs', async () => {
  const certain = /^relay_script_(method_parameter_(undefined|missing|conflict)|method_undefined|element_)/;
  await fc.assert(
    fc.asyncProperty(anyScript, async (written) => {
      const text = JSON.stringify(written);
      const found = (await lintScript(text, { name: 'x', methods: methodTable })).map(({ code }) => code);
      const call = createScriptedCall();
      setImmediate(() => call.end());
      const ended = await run(text, call).then(
        ({ end }) => (end.result === 'script_error' ? end.error.code : undefined),
        (error: { code: string }) => error.code,
      );
      if (ended !== undefined && certain.test(ended)) expect(found, text).toContain(ended);
    }),
    { numRuns: 300 },
  );
}, 60_000);
