import { describe, expect, test } from 'vitest';
import { createScriptedCall, errorOf, run } from './scripted-call.ts';

const target = (to: string, more: object = {}) => ({ to, headers: {}, timeoutS: 60, ...more });
const plan = (groups: object[][], more: object = {}) => ({
  groups,
  maxDurationS: 14_400,
  ringback: [],
  answerOnBridge: false,
  ...more,
});

describe('connect takes', () => {
  test.each<[string, string, object]>([
    ['a URI alone', 'sip:a@b', plan([[target('sip:a@b')]])],
    ['a number', '{to: 1000}', plan([[target('1000')]])],
    ['one after the other', '{serial: [{to: sip:a@b}, sip:c@d]}', plan([[target('sip:a@b')], [target('sip:c@d')]])],
    ['all at once', '{parallel: [{to: sip:a@b}, {to: "1"}]}', plan([[target('sip:a@b'), target('1')]])],
    [
      'groups',
      '{serial_parallel: [[{to: "1"}, {to: "2"}], [{to: "3"}]]}',
      plan([[target('1'), target('2')], [target('3')]]),
    ],
    [
      'what is said for all, and for one',
      '{serial: [{to: "1"}, {to: "2", from: "+5", timeout: 7, headers: [{name: X-B, value: "2"}]}], from: "+4", timeout: 9, headers: [{name: X-A, value: 1}]}',
      plan([
        [target('1', { from: '+4', timeoutS: 9, headers: { 'X-A': '1' } })],
        [target('2', { from: '+5', timeoutS: 7, headers: { 'X-A': '1', 'X-B': '2' } })],
      ]),
    ],
    [
      'the rest',
      '{to: "1", headers: {X-A: b}, username: u, password: p, max_duration: "60", answer_on_bridge: "true", ringback: "ring:de"}',
      plan([[target('1', { headers: { 'X-A': 'b' }, auth: { username: 'u', password: 'p' } })]], {
        maxDurationS: 60,
        answerOnBridge: true,
        ringback: ['ring:de'],
      }),
    ],
  ])('%s', async (_name, parameters, expected) => {
    const { call, end } = await run(`    - connect: ${parameters}`);
    expect(end.result).toBe('completed');
    expect(call.connected).toEqual([expected]);
  });
});

describe('connect refuses', () => {
  test.each([
    ['nobody', '{timeout: 5}', 'parameter_missing', 'who is called'],
    ['two ways at once', '{to: "1", serial: ["2"]}', 'parameter_conflict', 'to or serial'],
    ['an empty list', '{parallel: []}', 'parameter_invalid_value', 'one at least'],
    ['a line break in to', '{to: "sip:a@b\\r\\nX-Evil: 1"}', 'parameter_invalid_value', 'a number or a URI'],
    ['a line break in from', '{to: "1", from: "1\\r\\nX-Evil: 1"}', 'parameter_invalid_value', 'a number or a URI'],
    ['one in a list', '{serial: [{to: "1"}, {to: "bob"}]}', 'parameter_invalid_value', 'serial[1].to'],
    [
      'a line break in a header',
      '{to: "1", headers: [{name: X-A, value: "1\\r\\nX-Evil: 1"}]}',
      'parameter_invalid_value',
      'text on one line',
    ],
    ["a header of the switch's own", '{to: "1", headers: {Via: x}}', 'parameter_invalid_value', 'the switch itself'],
    ['a timeout of nothing', '{to: "1", timeout: 0}', 'parameter_invalid_value', '1 to 3600'],
    ['a ringback that is no sound', '{to: "1", ringback: [tone]}', 'parameter_invalid_value', 'silence:SECONDS'],
    ['confirm', '{to: "1", confirm: "https://a.example"}', 'parameter_invalid_value', 'no confirm yet'],
    ['what it does not know', '{to: "1", timeuot: 1}', 'parameter_undefined', 'timeout'],
  ])('%s', async (_name, parameters, code, says) => {
    const { call, end } = await run(`    - connect: ${parameters}`);
    expect(errorOf(end)).toMatchObject({
      code: `relay_script_method_${code}`,
      message: expect.stringContaining(says),
    });
    expect(call.connected).toEqual([]);
  });
});

describe('the result of connect', () => {
  const script = (parameters: string) => `    - connect: {to: "1", ${parameters}}
    - play: 'say:\${connect_result} \${connect_failed_reason}'`;
  const busy = { connect: () => ({ result: 'failed', reason: 'busy', text: '486 Busy Here' }) as const };

  test('is in variables, and the script goes on', async () => {
    expect((await run(script(''))).done).toContain('play say:connected ');
    expect((await run(script(''), createScriptedCall(busy))).done).toContain('play say:failed busy');
  });

  test.each([
    ["a switch: result: {case: {failed: [{play: 'say:sorry'}]}}", 'play say:sorry'],
    ['a cond: result: [{when: \'connect_failed_reason == "busy"\', then: [hangup]}]', 'hangup hangup'],
  ])('chooses steps by %s', async (what, step) => {
    const { done } = await run(script(what.slice(what.indexOf('result'))), createScriptedCall(busy));
    expect(done).toContain(step);
  });

  test('an earlier failure is no reason any more once it has connected', async () => {
    let calls = 0;
    const call = createScriptedCall({
      connect: () => (++calls === 1 ? busy.connect() : { result: 'connected', endedBy: 'peer' }),
    });
    expect((await run(`    - connect: "1"\n${script('')}`, call)).done).toContain('play say:connected ');
  });
});
