import { describe, expect, test } from 'vitest';
import type { ConnectPlan, ConnectResult } from '../../../src/switch/swml/call-port.ts';
import type { RunOptions } from '../../../src/switch/swml/interpreter.ts';
import { parseScript } from '../../../src/switch/swml/parse-script.ts';
import { createScriptedCall, errorOf, run, type ScriptedCall } from './scripted-call.ts';

const target = (to: string, more: object = {}) => ({ to, headers: {}, timeoutS: 60, ...more });
const plan = (groups: object[][], more: object = {}) => ({
  groups,
  maxDurationS: 14_400,
  ringback: [],
  answerOnBridge: false,
  onConnected: expect.any(Function),
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
    [
      'what its leg is offered, shown and whom its states are told, for all and for one',
      '{serial: [{to: "1"}, {to: "2", encryption: mandatory, call_state_events: [ringing]}], codecs: "OPUS, VP8,pcmu", from_name: Ann, session_timeout: 600, webrtc_media: false, call_state_url: "https://a.example"}',
      plan([
        [
          target('1', {
            ...{ fromName: 'Ann', offered: { codecs: ['opus', 'PCMU'] }, sessionExpiresS: 600 },
            states: { url: 'https://a.example', states: ['ended'] },
          }),
        ],
        [
          target('2', {
            ...{ fromName: 'Ann', offered: { codecs: ['opus', 'PCMU'], srtp: 'require' }, sessionExpiresS: 600 },
            states: { url: 'https://a.example', states: ['ringing'] },
          }),
        ],
      ]),
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
    ['codecs that are none of ours', '{to: "1", codecs: "VP8,iLBC"}', 'parameter_invalid_value', 'PCMU, PCMA, G722'],
    ['WebRTC', '{to: "1", webrtc_media: true}', 'parameter_invalid_value', 'RTP or SRTP'],
    ['states that are none', '{to: "1", call_state_events: [busy]}', 'parameter_invalid_value', 'created, ringing'],
    ['a way of encryption that is none', '{to: "1", encryption: some}', 'parameter_invalid_value', 'forbidden'],
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
    [
      'a line break in a user name',
      '{to: "1", username: "u\\"\\r\\nX-Evil: 1", password: p}',
      'parameter_invalid_value',
      'a user name on one line',
    ],
    ["a header of the switch's own", '{to: "1", headers: {Via: x}}', 'parameter_invalid_value', 'the switch itself'],
    ['a timeout of nothing', '{to: "1", timeout: 0}', 'parameter_invalid_value', '1 to 3600'],
    ['a ringback that is no sound', '{to: "1", ringback: [tone]}', 'parameter_invalid_value', 'silence:SECONDS'],
    ['a confirm that is no script', '{to: "1", confirm: hello}', 'parameter_invalid_value', 'a list of steps'],
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

describe('confirm', () => {
  /** Connects where the callee confirms, who does what the test says. */
  const asked = (callee = createScriptedCall()) => ({
    callee,
    call: createScriptedCall({
      connect: async ({ confirm }) =>
        (await confirm?.run(callee.port))
          ? { result: 'connected', endedBy: 'peer' }
          : { result: 'failed', reason: 'not_confirmed', text: 'its script has hung up' },
    }),
  });
  const script = (confirm: string) => `    - set: {who: Bob}
    - connect: {to: "1", confirm: ${confirm}}
    - play: 'say:\${connect_result} \${connect_failed_reason} \${answer}'`;

  test.each([
    ['comes to its end', "[{play: 'say:for ${who}'}]", 'connected'],
    ['hangs up', "[{play: 'say:for ${who}'}, hangup]", 'failed not_confirmed'],
    ['fails', "[{play: 'say:for ${who}'}, {goto: nowhere}]", 'failed not_confirmed'],
  ])('runs at who answers with the variables of the script; where it %s: %s', async (_name, confirm, result) => {
    const { callee, call } = asked();
    const { done } = await run(script(confirm), call);
    expect(callee.done[0]).toBe('answer');
    expect(callee.done).toContain('play say:for Bob');
    expect(done.at(-1)?.trim()).toBe(`play say:${result}`);
  });

  test('asks for a digit and decides by it, without a word to the variables of the party', async () => {
    const confirm =
      "[{prompt: {play: 'say:1 takes it', max_digits: 1}}, {set: {answer: '${prompt_value}'}}, " +
      '{cond: [{when: \'prompt_value != "1"\', then: [hangup]}]}]';
    const digits = (pressed: string) =>
      asked(createScriptedCall({ prompt: () => ({ digits: pressed, terminator: '', endedBy: 'max_digits' }) })).call;
    expect((await run(script(confirm), digits('1'))).done.at(-1)).toBe('play say:connected  ');
    expect((await run(script(confirm), digits('2'))).done.at(-1)).toBe('play say:failed not_confirmed ');
  });

  test('may be a URL, which is asked for the one who is called', async () => {
    const { callee, call } = asked();
    const seen: unknown[] = [];
    const fetchScript: NonNullable<RunOptions['fetchScript']> = async (url, { call: facts, vars }) => {
      seen.push([url, facts.to, vars.who]);
      return parseScript('sections: {main: [{play: "say:fetched"}]}', { name: url });
    };
    await run(script('"https://a.example/confirm"'), call, { fetchScript });
    expect(seen).toEqual([['https://a.example/confirm', 'sip:100@example.com', 'Bob']]);
    expect(callee.done).toContain('play say:fetched');
  });

  test.each([
    ['confirm_timeout: 7, timeout: 9', 7],
    ['timeout: 9', 9],
    ['max_duration: 9', 60],
  ])('with %s may take %i s', async (parameters, seconds) => {
    const { call } = asked();
    await run(`    - connect: {to: "1", confirm: [{play: 'say:hello'}], ${parameters}}`, call);
    expect(call.connected[0]?.confirm?.timeoutS).toBe(seconds);
  });

  test('whose steps are none is refused with the script', async () => {
    await expect(run(script('[{pley: {}}]'))).rejects.toMatchObject({ code: 'relay_script_method_undefined' });
  });
});

describe('status_url of connect is told', () => {
  const url = 'https://a.example/status';
  const connecting = (to: string) => `    - connect: {to: "${to}", from: "+1555", status_url: "${url}"}`;
  const toldBy = async (
    to: string,
    outcome: (plan: ConnectPlan, call: ScriptedCall) => ConnectResult | Promise<never>,
  ) => {
    const call: ScriptedCall = createScriptedCall({ connect: (plan) => outcome(plan, call) });
    await run(connecting(to), call);
    expect(new Set(call.told.map(({ id, type, url: at }) => `${id} ${type} ${at}`)).size).toBe(1);
    return call.told.map(({ state, after, details }) => [state, after, details]);
  };

  test.each([
    ['sip:a@b', { type: 'sip', params: { to: 'sip:a@b', from: '+1555' } }],
    ['+15550001', { type: 'phone', params: { to_number: '+15550001', from_number: '+1555' } }],
  ])('who was connected (%s), and that it is over', async (to, device) => {
    const told = await toldBy(to, (plan) => {
      plan.onConnected?.({ id: 'leg-1', to, from: '+1555' });
      return { result: 'connected', endedBy: 'peer' };
    });
    const peer = { call_id: 'leg-1', node_id: 'node-1', device };
    expect(told).toEqual([
      ['connecting', undefined, { connect_state: 'connecting' }],
      ['connected', 'connecting', { connect_state: 'connected', peer }],
      ['disconnected', 'connected', { connect_state: 'disconnected', peer }],
    ]);
  });

  test('why nobody was', async () => {
    const told = await toldBy('1', () => ({ result: 'failed', reason: 'busy', text: '486' }));
    expect(told.at(-1)).toEqual(['failed', 'connecting', { connect_state: 'failed', failed_reason: 'busy' }]);
  });

  test('that the call has ended before, and during a connection', async () => {
    const ended = (call: ScriptedCall): Promise<never> => {
      call.end();
      return Promise.reject(call.port.signal.reason);
    };
    const rang = await toldBy('1', (_plan, call) => ended(call));
    expect(rang.at(-1)).toEqual(['failed', 'connecting', { connect_state: 'failed', failed_reason: 'call_ended' }]);
    const talked = await toldBy('1', (plan, call) => {
      plan.onConnected?.({ id: 'leg-1', to: '1', from: undefined });
      return ended(call);
    });
    expect(talked.map(([state]) => state)).toEqual(['connecting', 'connected', 'disconnected']);
  });
});
