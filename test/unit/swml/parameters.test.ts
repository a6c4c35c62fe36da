import { describe, expect, it } from 'vitest';
import { createScriptedCall, errorOf, run } from './scripted-call.ts';

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
  it.each<[string, string, Record<string, unknown>]>([
    ['nothing', '{}', {}],
    [
      'every parameter',
      '{control_id: r1, stereo: true, format: mp4, direction: speak, terminators: "#*1a", beep: true, input_sensitivity: 12.5, initial_timeout: 4, end_silence_timeout: 1.5, max_length: 60, status_url: "https://u:p@s.example/x?y"}',
      {
        control_id: 'r1',
        stereo: true,
        format: 'mp4',
        direction: 'speak',
        terminators: '#*1A',
        beep: true,
        input_sensitivity: 12.5,
        initial_timeout: 4,
        end_silence_timeout: 1.5,
        max_length: 60,
        status_url: 'https://u:p@s.example/x?y',
      },
    ],
    [
      'text where numbers and yes or no are due',
      '{stereo: "true", beep: "False", input_sensitivity: "44.5", max_length: " 10 "}',
      { stereo: true, beep: false, input_sensitivity: 44.5, max_length: 10 },
    ],
    ['numbers where text is due', '{control_id: 7, terminators: 12}', { control_id: '7', terminators: '12' }],
    ['digits that begin with 0', '{terminators: 0123}', { terminators: '0123' }],
    ['the old name of listen', '{direction: hear}', { direction: 'listen' }],
    [
      'the limits',
      '{input_sensitivity: 0, initial_timeout: 2147483}',
      { input_sensitivity: 0, initial_timeout: 2_147_483 },
    ],
    ['the other limit', '{input_sensitivity: 100.0}', { input_sensitivity: 100 }],
    ['an odd control id', '{control_id: "../a b\\"ü/*"}', { control_id: '../a b"ü/*' }],
    [
      'variables',
      '{format: "${f}", stereo: "%{s}", max_length: "${m}", control_id: "a-${call.call_id}", beep: "${1 == 1}"}',
      { format: 'mp3', stereo: true, max_length: 5, control_id: 'a-call-1', beep: true },
    ],
    ['all of them as one variable', '${all}', { format: 'mp3', beep: true }],
  ])('%s', async (_, parameters, expected) => {
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

interface Bad {
  readonly step: string;
  readonly code: string;
  /** line:column path below main[0] */
  readonly at: string;
  readonly says: string;
}
const bad: readonly Bad[] = [
  {
    step: 'record_call: {fromat: mp3}',
    code: 'undefined',
    at: '3:21 .record_call.fromat',
    says: 'did you mean format?',
  },
  {
    step: 'record_call: {timeout: 3}',
    code: 'undefined',
    at: '3:21 .record_call.timeout',
    says: 'known are control_id, stereo',
  },
  {
    step: 'record_call: {statusUrl: x}',
    code: 'undefined',
    at: '3:21 .record_call.statusUrl',
    says: 'did you mean status_url?',
  },
  {
    step: 'record_call: {format: ogg}',
    code: 'invalid_value',
    at: '3:21 .record_call.format',
    says: '"ogg" is not allowed: it must be wav, mp3 or mp4',
  },
  {
    step: 'record_call:\n        beep: true\n        format: [mp3]',
    code: 'invalid_value',
    at: '5:9 .record_call.format',
    says: '["mp3"] is not allowed',
  },
  {
    step: 'record_call: {direction: heard}',
    code: 'invalid_value',
    at: '3:21 .record_call.direction',
    says: 'speak, listen or both',
  },
  {
    step: 'record_call: {stereo: 1}',
    code: 'invalid_value',
    at: '3:21 .record_call.stereo',
    says: '1 is not allowed: it must be true or false',
  },
  {
    step: 'record_call: {stereo: yes}',
    code: 'invalid_value',
    at: '3:21 .record_call.stereo',
    says: '"yes" is not allowed',
  },
  {
    step: 'record_call: {terminators: "#x"}',
    code: 'invalid_value',
    at: '3:21 .record_call.terminators',
    says: '"#x" is not allowed: it must be digits: 0-9, A-D, * and #',
  },
  {
    step: 'record_call:\n        terminators: #',
    code: 'invalid_value',
    at: '4:9 .record_call.terminators',
    says: 'write text such as # in quotes',
  },
  {
    step: 'record_call: {input_sensitivity: 100.1}',
    code: 'invalid_value',
    at: '3:21 .record_call.input_sensitivity',
    says: 'a number from 0 to 100',
  },
  {
    step: 'record_call: {input_sensitivity: -1}',
    code: 'invalid_value',
    at: '3:21 .record_call.input_sensitivity',
    says: '-1 is not allowed',
  },
  {
    step: 'record_call: {initial_timeout: 5s}',
    code: 'invalid_value',
    at: '3:21 .record_call.initial_timeout',
    says: '"5s" is not allowed: it must be a number of seconds from 0 to 2147483 (0 = off)',
  },
  {
    step: 'record_call: {max_length: "${unset}"}',
    code: 'invalid_value',
    at: '3:21 .record_call.max_length',
    says: '"" is not allowed',
  },
  {
    step: 'record_call: {max_length: .nan}',
    code: 'invalid_value',
    at: '3:21 .record_call.max_length',
    says: '".nan" is not allowed',
  },
  {
    step: 'record_call: {max_length: 1e400}',
    code: 'invalid_value',
    at: '3:21 .record_call.max_length',
    says: 'not allowed',
  },
  {
    step: 'record_call: {status_url: "ftp://x"}',
    code: 'invalid_value',
    at: '3:21 .record_call.status_url',
    says: 'http:// or https:// URL',
  },
  {
    step: 'record_call: {status_url: "http://"}',
    code: 'invalid_value',
    at: '3:21 .record_call.status_url',
    says: 'http:// or https:// URL',
  },
  {
    step: 'record_call: {control_id: ""}',
    code: 'invalid_value',
    at: '3:21 .record_call.control_id',
    says: 'not empty',
  },
  {
    step: `record_call: {control_id: ${'x'.repeat(257)}}`,
    code: 'invalid_value',
    at: '3:21 .record_call.control_id',
    says: '257 characters',
  },
  {
    step: 'record_call: {control_id: "a\\nb"}',
    code: 'invalid_value',
    at: '3:21 .record_call.control_id',
    says: 'U+000A',
  },
  {
    step: 'record_call: {control_id: {a: 1}}',
    code: 'invalid_value',
    at: '3:21 .record_call.control_id',
    says: '{"a":1} is not allowed',
  },
  { step: 'record_call: mp3', code: 'invalid_value', at: '3:7 .record_call', says: 'takes parameters with names' },
  {
    step: 'record_call: [{format: mp3}]',
    code: 'invalid_value',
    at: '3:7 .record_call',
    says: 'takes parameters with names',
  },
  { step: 'play: {}', code: 'missing', at: '3:7 .play.url', says: 'play needs it: url or urls' },
  { step: 'play', code: 'missing', at: '3:7 .play.url', says: 'url or urls' },
  { step: 'play: {url: say:a, urls: [say:b]}', code: 'conflict', at: '3:26 .play.urls', says: 'not both' },
  {
    step: 'play: hello',
    code: 'invalid_value',
    at: '3:13 .play',
    says: '"hello" is not allowed: it must be http(s)://..., say:TEXT',
  },
  {
    step: 'play: {urls: [say:a, "file:///etc/passwd"]}',
    code: 'invalid_value',
    at: '3:28 .play.urls[1]',
    says: '"file:///etc/passwd"',
  },
  {
    step: 'play: {urls: [say:a, "silence:long"]}',
    code: 'invalid_value',
    at: '3:28 .play.urls[1]',
    says: '"long" is not a number of seconds',
  },
  {
    step: 'play: ["ring:3:usa"]',
    code: 'invalid_value',
    at: '3:14 .play[0]',
    says: 'there is no ringing tone for "usa"',
  },
  {
    step: 'play: {url: say:a, volume: 41}',
    code: 'invalid_value',
    at: '3:26 .play.volume',
    says: 'a number of dB from -40 to 40',
  },
  { step: 'play: {url: say:a, loop: 1.5}', code: 'invalid_value', at: '3:26 .play.loop', says: 'whole number' },
  { step: 'play: {url: 5}', code: 'invalid_value', at: '3:14 .play.url', says: '5 is not allowed' },
  { step: 'hangup: rude', code: 'invalid_value', at: '3:15 .hangup', says: 'hangup, busy or decline' },
  { step: 'hangup: {because: busy}', code: 'undefined', at: '3:16 .hangup.because', says: 'known are reason' },
  { step: 'sleep', code: 'missing', at: '3:7 .sleep.duration', says: 'milliseconds' },
  { step: 'sleep: -2', code: 'invalid_value', at: '3:14 .sleep', says: '-1 = until the call ends' },
  { step: 'answer: {max_duration: 0}', code: 'invalid_value', at: '3:16 .answer.max_duration', says: 'from 1 to' },
  { step: 'goto: nowhere', code: 'invalid_value', at: '3:13 .goto', says: 'no label "nowhere"; it has none' },
  {
    step: 'goto: {label: a, max: 101}',
    code: 'invalid_value',
    at: '3:24 .goto.max',
    says: 'whole number from 1 to 100',
  },
  { step: 'goto: {when: a}', code: 'missing', at: '3:7 .goto.label', says: 'a label of this section' },
  { step: 'cond: [{when: a}]', code: 'missing', at: '3:14 .cond[0].then', says: 'the steps for when it is true' },
  { step: 'cond: [{then: [answer]}]', code: 'missing', at: '3:14 .cond[0].when', says: 'JavaScript condition' },
  { step: 'cond: [{when: a, than: [answer]}]', code: 'undefined', at: '3:24 .cond[0].than', says: 'no such parameter' },
  {
    step: 'cond: {when: [a], then: answer}',
    code: 'invalid_value',
    at: '3:13 .cond[0].when',
    says: '["a"] is not allowed',
  },
  { step: 'switch: {variable: a}', code: 'missing', at: '3:7 .switch.case', says: 'values with lists of steps' },
  { step: 'switch: {case: {}}', code: 'missing', at: '3:7 .switch.variable', says: 'the name of a variable' },
  { step: 'set: {call.from: x}', code: 'invalid_value', at: '3:13 .set["call.from"]', says: 'call is read only' },
  { step: 'set: 5', code: 'invalid_value', at: '3:12 .set', says: 'names with values' },
  { step: 'unset: {a: 1}', code: 'invalid_value', at: '3:14 .unset', says: 'a list of names' },
  { step: 'execute: {params: {}}', code: 'missing', at: '3:7 .execute.dest', says: 'the name of a section' },
  { step: 'request: {url: "http://x"}', code: 'missing', at: '3:7 .request.method', says: 'GET, POST, PUT or DELETE' },
  {
    step: 'request: {url: "http://x", method: PATCH}',
    code: 'invalid_value',
    at: '3:34 .request.method',
    says: '"PATCH" is not allowed',
  },
  {
    step: 'request: {url: "http://x", method: GET, headers: {Host: y}}',
    code: 'invalid_value',
    at: '3:57 .request.headers.Host',
    says: 'begin with X-',
  },
  {
    step: 'request: {url: "http://x", method: GET, headers: {X-A: "a\\r\\nb: c"}}',
    code: 'invalid_value',
    at: '3:57 .request.headers.X-A',
    says: 'one line',
  },
];

describe('a step with wrong parameters', () => {
  it.each(bad.map((row) => [row.step, row] as const))(
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
