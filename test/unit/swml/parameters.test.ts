import { describe, expect, it } from 'vitest';
import { createScriptedCall, errorOf, run } from './scripted-call.ts';
import { badSteps } from './tables/bad-steps.ts';
import { goodRecordings } from './tables/good-recordings.ts';

const defaults = {
  stereo: false,
  format: 'wav',
  direction: 'both',
  terminators: '',
  beep: false,
  input_sensitivity: 44,
  initial_timeout: 0,
  end_silence_timeout: 0,
  max_length: 0,
  mask_digits: false,
};

describe('record_call takes', () => {
  it.each(goodRecordings)('%s', async (_, parameters, expected) => {
    const { call, end } = await run(
      `    - set: {f: mp3, s: "true", m: "5", all: {format: mp3, beep: true}}\n    - record_call: ${parameters}`,
    );
    expect(end).toEqual({ result: 'completed' });
    expect(call.recorded).toEqual([{ ...defaults, ...expected }]);
  });
});

describe('each parameter of record_call', () => {
  const values = {
    control_id: 'r1',
    stereo: true,
    format: 'mp4',
    direction: 'speak',
    terminators: '#1',
    beep: true,
    input_sensitivity: 12.5,
    initial_timeout: 4,
    end_silence_timeout: 1.5,
    max_length: 60,
    mask_digits: true,
    status_url: 'https://s.example/',
  };

  it.each(Object.entries(values))('may be a variable, as it is and as text: %s', async (name, value) => {
    for (const set of [value, String(value)]) {
      for (const reference of ['${x}', '%{vars.x}', '${vars.x}']) {
        const { call, end } = await run(
          `    - set: {x: ${JSON.stringify(set)}}\n    - record_call: {${name}: "${reference}"}`,
        );
        expect(end).toEqual({ result: 'completed' });
        expect(call.recorded).toEqual([{ ...defaults, [name]: value }]);
      }
    }
  });

  it.each(Object.keys(values).filter((name) => name !== 'terminators'))(
    'is an error as a variable that is not set: %s',
    async (name) => {
      const { call, end } = await run(`    - record_call: {${name}: "\${missing}"}`);
      expect(errorOf(end).message).toContain(`record_call.${name}`);
      expect(call.recorded).toEqual([]);
    },
  );
});

describe('a step with wrong parameters', () => {
  it.each(badSteps.map((row) => [row.step, row] as const))(
    '%s ends the script with the place',
    async (_, { step, code, at, says }) => {
      const { end, done } = await run(`    - ${step}\n    - answer`);
      const error = errorOf(end);
      const { line, column, path, script } = error.details;
      expect({ code: error.code, at: `${line}:${column} ${path}`, message: error.message }).toEqual({
        code: `relay_script_method_parameter_${code}`,
        at: at.replace(' ', ' sections.main[0]'),
        message: expect.stringContaining(says),
      });
      expect(script).toBe('test.yaml');
      expect(error.message.startsWith(`test.yaml:${line}:${column}: ${path}: `)).toBe(true);
      expect(done).toEqual([]);
    },
  );

  it('does no harm in a branch that is not taken', async () => {
    const { end, done } = await run(
      `    - cond: [{when: "1 == 2", then: [{record_call: {format: ogg}}]}, {else: [answer]}]`,
    );
    expect([end, done]).toEqual([{ result: 'completed' }, ['answer', 'limit 14400']]);
  });

  it('is logged with its code', async () => {
    const call = createScriptedCall();
    await run('    - play: x', call);
    expect(call.logged).toEqual(['relay_script_method_parameter_invalid_value']);
  });
});
