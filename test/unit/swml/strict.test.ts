import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { runScript } from '../../../src/switch/swml/interpreter.ts';
import { parseScript } from '../../../src/switch/swml/parse-script.ts';
import { type Extension, extensions } from '../../../src/switch/swml/strict.ts';
import { createScriptedCall } from './scripted-call.ts';
import { main } from './tables/main.ts';

const errorOf = (steps: string): SipreelError | undefined => {
  try {
    parseScript(main(steps), { name: 'test.yaml', strict: true });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof SipreelError) return thrown;
    throw thrown;
  }
};

/** For each extension: steps that use it. */
const uses: Readonly<Record<string, readonly string[]>> = {
  text_for_step: ['    - answer'],
  nothing_for_parameters: ['    - answer:'],
  step_for_steps: [
    '    answer: {}',
    '    - cond: [{when: a, then: {answer: {}}}]',
    '    - switch: {variable: a, case: {x: {answer: {}}}}',
    '    - execute: {dest: main, on_return: {answer: {}}}',
  ],
  value_for_parameters: [
    '    - play: say:x',
    '    - play: [say:x]',
    '    - hangup: busy',
    '    - goto: a',
    '    - execute: main',
    '    - transfer: main',
    '    - connect: "1"',
    '    - stop_record_call: r',
  ],
  variable_for_parameters: ['    - record_call: "${how}"'],
  if: ['    - if: {when: a, then: [{answer: {}}]}'],
  'cond.conditions': ['    - cond: {when: a, then: [{answer: {}}]}'],
  'play.urls': ['    - play: {urls: say:x}'],
  'connect.headers': ['    - connect: {to: "1", headers: {X-A: b}}'],
  'execute.dest': ['    - execute: {dest: {sections: {main: [{answer: {}}]}}}'],
  'transfer.dest': ['    - transfer: {dest: {sections: {main: [{answer: {}}]}}}'],
  'play.loop': ['    - play: {url: say:x, loop: 2}'],
  'record.mask_digits': ['    - record: {mask_digits: true}'],
  'record_call.mask_digits': ['    - record_call: {mask_digits: true}'],
  'stop_record_call.call_id': ['    - stop_record_call: {control_id: a, call_id: b}'],
};

const nameOf = (extension: Extension): string => {
  if (extension.kind === 'form') return extension.form;
  return extension.kind === 'method' ? extension.method : `${extension.method}.${extension.parameter}`;
};

describe('a strict script', () => {
  const rows = extensions.map((extension) => [nameOf(extension), extension] as const);
  it.each(rows)('is refused with %s, and no other one', (name) => {
    const steps = uses[name] ?? [];
    expect(steps.length, `no script above uses ${name}`).toBeGreaterThan(0);
    for (const step of steps) {
      expect(errorOf(step)?.message, step).toMatch(
        /^test\.yaml:\d+:\d+: sections\.main.*: this script is to be strict: /,
      );
      expect(errorOf(step)?.message).toContain("sipreel's own");
      expect(() => parseScript(main(step), { name: 'test.yaml' })).not.toThrow();
    }
  });

  it("may have all that is SWML's", () => {
    expect(
      errorOf(`    - label: a
    - sleep: 5
    - sleep: "\${x}"
    - unset: [a]
    - unset: a
    - set: {a: 1}
    - return: x
    - play: {url: "\${u}", volume: "3"}
    - record_call: {direction: hear, format: mp3}
    - connect: {serial: [{to: "1"}], headers: [{name: X-A, value: b}], result: {case: {connected: []}}}
    - cond: [{when: a, then: [{answer: {}}], else: []}]`),
    ).toBeUndefined();
  });

  it('is asked for and read strictly where it comes from a URL', async () => {
    const asked: unknown[] = [];
    const parsed = parseScript(main('    - execute: {dest: "https://a.example/s"}'), { name: 'x', strict: true });
    await runScript(parsed, createScriptedCall().port, {
      log: pino({ level: 'silent' }),
      fetchScript: async (url, { strict }) => {
        asked.push(strict);
        return parseScript('sections: {main: [{answer: {}}]}', { name: url });
      },
    });
    expect(asked).toEqual([true]);
  });

  it('has strict scripts in it', () => {
    const inner = JSON.stringify({ sections: { main: ['answer'] } });
    expect(errorOf(`    - execute: {dest: '${inner}'}`)?.message).toMatch(
      /dest:1:22: sections\.main\[0\]: this script/,
    );
  });
});
