import { describe, expect, test } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { type Behaviour, createScriptedCall, errorOf, run } from './scripted-call.ts';

/** What `${...}` of each name is after a step. */
const outcome = async (step: string, names: readonly string[], behaviour: Behaviour = {}) => {
  const call = createScriptedCall(behaviour);
  const read = names.map((name) => `\${${name}}`).join(' | ');
  const { end, done } = await run(`    - ${step}\n    - play: 'say:${read}'`, call);
  const values = done.at(-1)?.slice('play say:'.length).split(' | ') ?? [];
  return { call, end, done, values };
};

const outside = () => {
  throw new SipreelError('prompt_fetch_failed', 'it is not there');
};

const refusals: readonly (readonly [string, string, string, string])[] = [
  ['prompt without anything to play', 'prompt: {}', 'parameter_missing', 'play'],
  ['prompt of no digits', 'prompt: {play: say:x, max_digits: 0}', 'parameter_invalid_value', '1 to 128'],
  ['prompt of a time that is none', 'prompt: {play: say:x, digit_timeout: -1}', 'parameter_invalid_value', '0 to 3600'],
  ['prompt with letters to end it', 'prompt: {play: say:x, terminators: x}', 'parameter_invalid_value', '0-9'],
  ['prompt for speech', 'prompt: {play: say:x, speech_language: en}', 'parameter_invalid_value', 'speech_language'],
  [
    'prompt with hints',
    'prompt: {play: say:x, speech_hints: [one]}',
    'parameter_invalid_value',
    'no speech recognition',
  ],
  ['send_digits of nothing', 'send_digits: {}', 'parameter_missing', 'digits'],
  ['send_digits of letters', 'send_digits: 12x', 'parameter_invalid_value', 'W or w'],
  ['send_digits of very many', `send_digits: '${'1'.repeat(257)}'`, 'parameter_invalid_value', '256'],
  ['tap without a place', 'tap: {direction: speak}', 'parameter_missing', 'uri'],
  ['tap by WebSocket', 'tap: {uri: "wss://a.example/tap"}', 'parameter_invalid_value', 'not by WebSocket'],
  ['tap to a name', 'tap: {uri: "rtp://a.example:4000"}', 'parameter_invalid_value', 'not a name'],
  ['tap to no port', 'tap: {uri: "rtp://192.0.2.1"}', 'parameter_invalid_value', 'rtp://IP:PORT'],
  ['tap to a port that is none', 'tap: {uri: "rtp://192.0.2.1:70000"}', 'parameter_invalid_value', '1 to 65535'],
  [
    'tap of another codec',
    'tap: {uri: "rtp://192.0.2.1:4000", codec: OPUS}',
    'parameter_invalid_value',
    'PCMU or PCMA',
  ],
  ['sip_refer to nobody', 'sip_refer: {}', 'parameter_missing', 'to_uri'],
  ['sip_refer to a number', 'sip_refer: "4930123"', 'parameter_invalid_value', 'sip:1000@192.0.2.1'],
  [
    'sip_refer with a line break',
    'sip_refer: "sip:a@b\\r\\nX-Evil: 1"',
    'parameter_invalid_value',
    'sip:1000@192.0.2.1',
  ],
  [
    'sip_refer with a line break in a user name',
    'sip_refer: {to_uri: "sip:a@b", username: "u\\"\\r\\nX-Evil: 1"}',
    'parameter_invalid_value',
    'a user name on one line',
  ],
  ['user_event of no event', 'user_event: {}', 'parameter_missing', 'event'],
  ['user_event of text', 'user_event: {event: hello}', 'parameter_invalid_value', 'names with values'],
  ['if without a condition', 'if: {then: [answer]}', 'parameter_missing', 'the JavaScript condition'],
  ['if without steps', 'if: {when: "true"}', 'parameter_missing', 'then'],
];

test.each(refusals)('%s is refused', async (_name, step, code, says) => {
  const { end } = await run(`    - ${step}`);
  expect(errorOf(end)).toMatchObject({
    code: `relay_script_method_${code}`,
    message: expect.stringContaining(says),
  });
});

test.each([
  ...['ai', 'ai_sidecar', 'amazon_bedrock', 'denoise', 'detect_machine', 'enter_queue', 'join_conference', 'join_room'],
  ...['live_transcribe', 'live_translate', 'pay', 'receive_fax', 'send_fax', 'send_sms', 'stop_denoise', 'stream'],
  ...['stop_stream', 'transcribe', 'transcribe_stop'],
])('the method %s is refused by its name', async (method) => {
  await expect(run(`    - ${method}: {}`)).rejects.toMatchObject({
    code: 'relay_script_method_undefined',
    message: expect.stringContaining(`${method} is a method of SWML that sipreel does not have`),
  });
});

describe('play', () => {
  const step = 'play: {url: say:x, status_url: "https://a.example/s"}';

  test('tells its status_url when it begins and ends', async () => {
    const { call } = await outcome(step, []);
    const [first, second] = call.told;
    expect(first).toMatchObject({ url: 'https://a.example/s', type: 'play', state: 'playing' });
    expect(second).toMatchObject({ type: 'play', state: 'finished', after: 'playing', id: first?.id });
    expect(call.told).toHaveLength(2);
  });

  test('tells why it failed, and that it is over where the call ends', async () => {
    let failed = false;
    const { call } = await outcome(step, [], {
      play: () => {
        if (failed) return;
        failed = true;
        outside();
      },
    });
    expect(call.told.at(-1)).toMatchObject({ state: 'error', details: { error: 'it is not there' } });
    const hungUp = createScriptedCall({ play: () => hungUp.end() });
    await run(`    - ${step}\n    - answer`, hungUp);
    expect(hungUp.told.at(-1)?.state).toBe('finished');
  });
});

describe('prompt', () => {
  const names = ['prompt_result', 'prompt_value', 'prompt_digit_terminator'];

  test('has the defaults of the reference, and takes all that it is given', async () => {
    const { call } = await run(
      '    - prompt: "say:hello"\n    - prompt: {play: [say:a, "ring:de", "${unset}"], max_digits: "4", terminators: "#a", digit_timeout: 2.5, initial_timeout: 0, volume: -3, say_gender: male}',
    );
    expect(call.done).toEqual(['prompt say:hello', 'prompt say:a | ring:de']);
    expect(call.prompted).toMatchObject([
      { maxDigits: 1, terminators: '', digitTimeoutS: 5, initialTimeoutS: 5, volumeDb: 0 },
      {
        maxDigits: 4,
        terminators: '#A',
        digitTimeoutS: 2.5,
        initialTimeoutS: 0,
        volumeDb: -3,
        say: { gender: 'male' },
      },
    ]);
  });

  test.each([
    ['max_digits', { digits: '12', terminator: '' }, ['match_digits', '12', '']],
    ['digit_timeout', { digits: '1', terminator: '' }, ['match_digits', '1', '']],
    ['terminator', { digits: '12', terminator: '#' }, ['match_digits', '12', '#']],
    ['terminator', { digits: '', terminator: '#' }, ['no_match', '', '#']],
    ['initial_timeout', { digits: '', terminator: '' }, ['no_input', '', '']],
  ] as const)('that ended by %s with %j sets its variables', async (endedBy, collected, values) => {
    const { call, ...got } = await outcome('prompt: {play: say:x, status_url: "http://a.example/"}', names, {
      prompt: () => ({ ...collected, endedBy }),
    });
    expect(got.values).toEqual(values);
    const [result] = values;
    expect(call.told).toMatchObject([
      {
        type: 'collect',
        state: { match_digits: 'finished', no_match: 'no_match', no_input: 'no_input' }[result],
        details: {
          final: true,
          result: result === 'match_digits' ? { type: 'digit', params: collected } : { type: result },
        },
      },
    ]);
  });

  test('that can not be played is failed, and the script goes on without what an earlier one has left', async () => {
    let asked = 0;
    const call = createScriptedCall({
      prompt: () => (++asked === 1 ? { digits: '7', terminator: '#', endedBy: 'terminator' } : outside()),
    });
    const { end, done } = await run(
      '    - prompt: say:x\n    - prompt: https://a.example/x.wav\n    - play: "say:${prompt_result}/${prompt_value}/${prompt_digit_terminator}"',
      call,
    );
    expect(end.result).toBe('completed');
    expect(done.at(-1)).toBe('play say:failed//');
    expect(call.logged).toEqual(['relay_script_method_execute_failed']);
  });
});

describe('send_digits', () => {
  test('sends what it is given, letters as capitals but for the pauses', async () => {
    const { done, values } = await outcome("send_digits: 'Ww12*#abcdAD'", ['send_digits_result']);
    expect([done[0], values]).toEqual(['digits Ww12*#ABCDAD', ['success']]);
  });

  test('that fails for something outside is failed', async () => {
    const { values } = await outcome('send_digits: 1', ['send_digits_result'], { sendDigits: outside });
    expect(values).toEqual(['failed']);
  });
});

describe('tap', () => {
  const names =
    'tap_result tap_uri tap_control_id tap_rtp_src_addr tap_rtp_src_port tap_ptime tap_codec tap_rate'.split(' ');

  test.each([
    ['tap: "rtp://192.0.2.1:4000"', { direction: 'speak', codec: 'PCMU', to: { address: '192.0.2.1', port: 4000 } }],
    [
      'tap: {uri: "rtp://[2001:db8::1]:4000/", direction: hear, codec: pcma, control_id: mine, status_url: "http://a.example/"}',
      {
        direction: 'listen',
        codec: 'PCMA',
        controlId: 'mine',
        to: { address: '2001:db8::1', port: 4000 },
        statusUrl: 'http://a.example/',
      },
    ],
    ['tap: {uri: "rtp://192.0.2.1:4000", direction: both, rtp_ptime: 40}', { direction: 'both' }],
  ])('takes %s', async (step, plan) => {
    expect((await outcome(step, [])).call.tapped).toMatchObject([plan]);
  });

  test('sets its variables', async () => {
    const { values } = await outcome('tap: "rtp://192.0.2.1:4000"', names);
    expect(values).toEqual([
      'success',
      'rtp://192.0.2.1:4000',
      'generated',
      '192.0.2.9',
      '40000',
      '20',
      'PCMU',
      '8000',
    ]);
  });

  test('that fails is a warning, and stop_tap stops the last one or one by name', async () => {
    const { values, call } = await outcome('tap: {uri: "rtp://192.0.2.1:4000", control_id: x}', names, {
      tap: () => ({ result: 'failed', control_id: 'x', reason: 'refused' }),
    });
    expect(values).toEqual(['failed', '', 'x', '', '', '', '', '']);
    expect(call.logged).toEqual(['relay_script_method_execute_failed']);
    const { done } = await run(
      '    - stop_tap\n    - tap: "rtp://192.0.2.1:4000"\n    - stop_tap: {}\n    - stop_tap: other\n    - play: "say:${stop_tap_result}"',
    );
    expect(done.slice(1)).toEqual(['stop tap generated', 'stop tap other', 'answer', 'play say:success']);
  });
});

describe('sip_refer', () => {
  const names = [
    'sip_refer_result',
    'return_value',
    'sip_refer_to',
    'sip_refer_response_code',
    'sip_refer_to_response_code',
  ];

  test.each([
    [{ responseCode: 202, notifyCode: 200 }, ['success', 'success', 'sip:a@b', '202', '200'], 'success'],
    [{ responseCode: 202, notifyCode: 486 }, ['failed', 'failed', 'sip:a@b', '202', '486'], 'busy'],
    [{ responseCode: 202, notifyCode: 480 }, ['failed', 'failed', 'sip:a@b', '202', '480'], 'noAnswer'],
    [{ responseCode: 202, notifyCode: 100 }, ['failed', 'failed', 'sip:a@b', '202', '100'], 'error'],
    [{ responseCode: 202, notifyCode: 0 }, ['failed', 'failed', 'sip:a@b', '202', ''], 'error'],
    [{ responseCode: 603, notifyCode: 0 }, ['failed', 'failed', 'sip:a@b', '603', ''], 'error'],
  ] as const)('that ends with %j sets its variables and tells its status_url', async (codes, values, state) => {
    const step = 'sip_refer: {to_uri: sip:a@b, status_url: "http://a.example/", username: u, password: p}';
    const { call, ...got } = await outcome(step, names, {
      refer: ({ onAccepted }) => {
        if (codes.responseCode === 202) onAccepted?.();
        return { ...codes, reason: 'as told' };
      },
    });
    expect(got.values).toEqual(values);
    expect(call.referred).toMatchObject([{ to: 'sip:a@b', auth: { username: 'u', password: 'p' } }]);
    const states = call.told.map((event) => event.state);
    expect(states).toEqual(codes.responseCode === 202 ? ['inProgress', state] : [state]);
    expect(call.told.at(-1)?.details).toEqual({
      sip_refer_to: 'sip:a@b',
      sip_refer_response_code: values[3],
      sip_notify_response_code: values[4],
    });
  });
});

test('user_event passes on what it is given, variables in place', async () => {
  const { call } = await outcome('user_event: {event: {order: {count: 42, from: "${call.from}"}}}', []);
  expect(call.userEvents).toEqual([{ order: { count: 42, from: call.port.facts.from } }]);
});

describe('if', () => {
  test.each([
    ['if: {when: "call.type == \'sip\'", then: [play: "say:yes"], else: [play: "say:no"]}', 'yes'],
    ['if: {when: "call.type == \'fax\'", then: [play: "say:yes"], else: [play: "say:no"]}', 'no'],
    ['if: {when: "1 > 2", then: {play: "say:yes"}, else: {play: "say:no"}}', 'no'],
    [
      'if: [{when: "1 > 2", then: [play: "say:a"]}, {when: "2 > 1", then: [play: "say:b"]}, {else: [play: "say:c"]}]',
      'b',
    ],
  ])('%s', async (step, said) => {
    const { done } = await run(`    - ${step}`);
    expect(done[1]).toBe(`play say:${said}`);
  });

  test('whose condition is not true and that has no else does nothing', async () => {
    expect((await run('    - if: {when: "false", then: [play: "say:no"]}\n    - play: say:on')).done).toEqual([
      'answer',
      'play say:on',
    ]);
  });
});

test('envs are there, and what vars set comes first', async () => {
  const { done } = await run('    - set: {b: own}\n    - play: "say:${envs.a} ${a} ${b}"', createScriptedCall(), {
    envs: { a: 'given', b: 'given' },
  });
  expect(done.at(-1)).toBe('play say:given given own');
});
