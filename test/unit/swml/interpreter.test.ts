import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { parseScript } from '../../../src/switch/swml/parse-script.ts';
import { createScriptedCall, errorOf, run } from './scripted-call.ts';

const never = () => new Promise<never>(() => undefined);
const sample = (name: string) => readFileSync(`config/scripts/${name}.yaml`, 'utf8');
/** What a script says with play, in order. */
const said = (done: readonly string[]) =>
  done.filter((line) => line.startsWith('play say:')).map((line) => line.slice(9));

describe('the shipped scripts', () => {
  it('record-mp3 starts a recording and comes to its end', async () => {
    const { end, done, call } = await run(sample('record-mp3'));
    expect([end, done]).toEqual([{ result: 'completed' }, ['answer', 'record']]);
    expect(call.recorded[0]).toMatchObject({ format: 'mp3', direction: 'both', beep: false });
  });

  it.each(['leave-message', 'leave-message-speak'])('%s records, stops and plays back', async (name) => {
    const { end, done, call } = await run(sample(name));
    expect(end).toEqual({ result: 'completed' });
    expect(done).toEqual([
      'answer',
      'record',
      'play say:Leave your message now | silence:10',
      'stop generated-1',
      'play say:Playing back | https://r.example/generated-1',
    ]);
    const speak = name.endsWith('speak');
    expect(call.recorded[0]).toMatchObject({
      beep: true,
      direction: speak ? 'speak' : 'both',
      terminators: speak ? '' : '#',
    });
  });

  it('leave-message goes on to its end where recording fails', async () => {
    const call = createScriptedCall({
      record: () => ({ result: 'failed', control_id: 'x', reason: 'disk full' }),
      stop: () => 'failed',
    });
    const { end, done } = await run(sample('leave-message'), call);
    expect(end).toEqual({ result: 'completed' });
    expect(done.at(-1)).toBe('play say:Playing back');
  });
});

describe('record_call and stop_record_call', () => {
  it('set their variables', async () => {
    const { done } = await run(`
    - record_call: {control_id: mine}
    - play: "say:\${record_call_url} \${record_call_result} \${record_control_id}"
    - stop_record_call
    - play: "say:\${stop_record_call_result}"`);
    expect(said(done)).toEqual(['https://r.example/mine success mine', 'success']);
  });

  it('say failed and go on where recording fails', async () => {
    const call = createScriptedCall({
      record: () => ({ result: 'failed', control_id: 'mine', reason: 'taken' }),
      stop: () => 'failed',
    });
    const { end, done } = await run(
      `
    - record_call: {control_id: mine}
    - play: "say:[\${record_call_url}] \${record_call_result} \${record_control_id}"
    - stop_record_call: other
    - play: "say:\${stop_record_call_result}"`,
      call,
    );
    expect(end).toEqual({ result: 'completed' });
    expect(said(done)).toEqual(['[] failed ', 'failed']);
    expect(done).toContain('stop other');
  });

  it('stop what was started last, also where a later recording could not be started', async () => {
    const call = createScriptedCall({
      record: ({ control_id = '' }) =>
        control_id === 'first'
          ? { result: 'success', control_id, url: 'https://r.example/first' }
          : { result: 'failed', control_id, reason: 'disk full' },
    });
    const { done } = await run(
      `
    - record_call: {control_id: first}
    - record_call: {}
    - record_call: {control_id: third}
    - play: "say:\${record_control_id} \${record_call_result}"
    - stop_record_call`,
      call,
    );
    expect(said(done)).toEqual(['first failed']);
    expect(done.at(-1)).toBe('stop first');
  });

  it('stop the last of several, and any by name', async () => {
    const { done } = await run(`
    - record_call: {control_id: a}
    - record_call: {control_id: b}
    - stop_record_call: {}
    - stop_record_call: a`);
    expect(done.filter((line) => line.startsWith('stop'))).toEqual(['stop b', 'stop a']);
  });

  it('stop is failed where nothing was recorded', async () => {
    const { done } = await run('    - stop_record_call\n    - play: "say:${stop_record_call_result}"');
    expect(done).toEqual(['answer', 'play say:failed']);
  });
});

describe('play', () => {
  it('repeats, skips what is empty and passes its options', async () => {
    const { done, call } = await run(`
    - set: {say_voice: ann}
    - play: {urls: ["say:a", "\${unset}", "say: \${unset}", "ring:us"], loop: 2, volume: -3.5, say_language: en-US}
    - play: {url: "\${unset}", loop: 0}`);
    expect(done).toEqual(['answer', 'play say:a | ring:us', 'play say:a | ring:us']);
    expect(call.played[0]).toEqual({
      volumeDb: -3.5,
      answer: true,
      say: { voice: 'ann', language: 'en-US', gender: undefined },
    });
    expect(call.logged).toHaveLength(2);
  });

  it('does not answer where it is told not to', async () => {
    const { done, call } = await run('    - play: {url: "ring:de", auto_answer: "false"}');
    expect(done).toEqual(['play ring:de']);
    expect(call.played[0]).toMatchObject({ answer: false });
  });

  it('that fails for something outside is a warning', async () => {
    const call = createScriptedCall({
      play: (urls) => {
        if (urls[0] === 'https://a.example/x') throw new SipreelError('outbound_address_refused', 'private');
      },
    });
    const { end, done } = await run(
      `
    - play: https://a.example/x
    - play: "say:\${play_result} \${script_error} \${script_error_message}"`,
      call,
    );
    expect(end).toEqual({ result: 'completed' });
    expect(said(done)).toEqual([
      'failed relay_script_method_execute_failed test.yaml:4:7: sections.main[0].play: play failed: private',
    ]);
    expect(call.logged).toEqual(['relay_script_method_execute_failed']);
  });

  it('that fails for a fault of ours ends the script', async () => {
    const call = createScriptedCall({ play: () => Promise.reject(new TypeError('x is not a function')) });
    const error = errorOf((await run('    - play: say:x', call)).end);
    expect([error.code, error.kind.fault]).toEqual(['relay_script_internal_error', 'sipreel']);
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it('for ever ends with the call', async () => {
    let rounds = 0;
    const call = createScriptedCall({ play: () => void (++rounds === 1_000 && call.end()) });
    expect((await run('    - play: {url: say:x, loop: 0}', call)).end).toEqual({ result: 'call_ended' });
    expect(rounds).toBe(1_000);
  });
});

describe('the end of a call', () => {
  it.each([
    ['answer', 'answer'],
    ['play', 'play: say:x'],
    ['record_call', 'record_call'],
    ['stop_record_call', 'stop_record_call: a'],
    ['sleep', 'sleep: 1000000'],
    ['sleep for ever', 'sleep: -1'],
    ['an answer that never comes within play', 'play: say:x'],
  ])('ends %s at once', async (what, step) => {
    const call = createScriptedCall({
      ...(what.includes('answer') ? { answer: never } : {}),
      play: never,
      record: never,
      stop: never,
    });
    const running = run(`    - ${step}\n    - set: {after: 1}\n    - play: say:after`, call);
    setImmediate(() => call.end());
    expect((await running).end).toEqual({ result: 'call_ended' });
    expect(call.done).not.toContain('play say:after');
  });

  it('before the script is the end of the script', async () => {
    const call = createScriptedCall();
    call.end();
    expect(await run('    - answer', call)).toMatchObject({ end: { result: 'call_ended' }, done: [] });
  });

  it('during a step that fails because of it is no error', async () => {
    const call = createScriptedCall({
      play: () => {
        call.end();
        throw new Error('the socket is gone');
      },
    });
    expect((await run('    - play: say:x', call)).end).toEqual({ result: 'call_ended' });
    expect(call.logged).toEqual([]);
  });
});

describe('hangup', () => {
  it.each([
    ['hangup', 'hangup'],
    ['hangup: busy', 'busy'],
    ['hangup: {reason: decline}', 'decline'],
  ])('%s ends the call and the script', async (step, reason) => {
    expect(await run(`    - ${step}\n    - answer`)).toMatchObject({
      end: { result: 'hangup' },
      done: [`hangup ${reason}`],
    });
  });
});

describe('answer', () => {
  it('limits the call, by default to four hours', async () => {
    expect((await run('    - answer')).done).toEqual(['answer', 'limit 14400']);
    expect((await run('    - answer: {max_duration: "60"}')).done).toEqual(['answer', 'limit 60']);
  });

  it('that fails ends the script with the cause', async () => {
    const call = createScriptedCall({
      answer: () => Promise.reject(new SipreelError('codec_unsupported', 'no codec')),
    });
    const error = errorOf((await run('    - play: say:x', call)).end);
    expect([error.code, error.message]).toEqual([
      'relay_script_method_execute_failed',
      'test.yaml:3:7: sections.main[0].play: play failed: no codec',
    ]);
    expect(error.cause).toMatchObject({ code: 'codec_unsupported' });
  });
});

describe('variables and expressions', { timeout: 60_000 }, () => {
  it('are set, nested, unset and expanded', async () => {
    const { done } = await run(`
    - set: {a: {b: [1, 2]}, name: ann, "x.y": deep}
    - set: {copy: "\${a}"}
    - set: {"a.b[1]": 7}
    - play: "say:\${name} %{vars.a.b[1]} \${copy.b} \${x.y} [\${missing}] \${call.call_state} \${headers.X-Account}"
    - unset: [name, a.b]
    - play: "say:[\${name}] \${a}"
    - play: "say:\${copy.b.map((n) => n * 2).join('-') + ' ' + call.from.slice(4, 9)}"`);
    expect(said(done)).toEqual(['ann 7 [1,2] deep [] created 42', '[] {}', '2-4 +1555']);
  });

  it('of the environment and of the caller are there', async () => {
    const { done } = await run('    - play: "say:${greeting} ${vars.who} ${params.x}"', undefined, {
      envs: { greeting: 'hi', who: 'env' },
      vars: { who: 'var' },
      params: { x: 1 },
    });
    expect(said(done)).toEqual(['hi var 1']);
  });

  it.each([
    ['broken JavaScript', '${1 +}', 'SyntaxError'],
    ['JavaScript that fails', 'say:a ${nope.b.c()} b', 'TypeError'],
    ['one that is not closed', 'say:${open', 'without its }'],
    ['one that is too long', `say:\${${'x'.repeat(1_025)} + 1}`, '1024 are allowed'],
  ])('%s is an error with its place', async (_, url, reason) => {
    const error = errorOf((await run(`    -   play: {   url: '${url}'}`)).end);
    expect(error.code).toBe('relay_script_js_eval_error');
    expect(error.message).toContain(reason);
    expect(error.message).toMatch(/^test\.yaml:3:19: sections\.main\[0\]\.play\.url: /);
  });

  it('that grow without end are refused', async () => {
    const error = errorOf(
      (await run(`    - set: {a: xxxxxxxxxx}\n    - label: more\n    - set: {a: "\${a}\${a}"}\n    - goto: more`)).end,
    );
    expect(error.code).toBe('relay_script_method_parameter_invalid_value');
    expect(error.message).toContain('more than 262144 characters');
    const lists = errorOf(
      (await run(`    - set: {a: [x]}\n    - label: more\n    - set: {a: ["\${a}", "\${a}"]}\n    - goto: more`)).end,
    );
    expect(lists.message).toContain('would be too large');
  });
});

describe('what is only a path', () => {
  it('never reaches the sandbox, as a variable or as bare JavaScript', async () => {
    const expressions = { evaluate: () => Promise.reject(new Error('the sandbox was asked')) };
    const script = `
    - set: {a: {b: [1, {c: 2}]}, yes: true, "x-y": 3}
    - play: "say:\${a.b[1].c} %{vars.a.b.0} \${call.from} %{a.b[9].c} \${vars.x-y} \${ call.headers['X-Account'] }"
    - cond: [{when: yes, then: [{play: say:yes}]}]
    - switch: {variable: 'a.b[0]', case: {1: [{play: say:one}]}}`;
    const { end, done } = await run(script, undefined, { expressions });
    expect(end).toEqual({ result: 'completed' });
    expect(said(done)).toEqual(['2 1 sip:+15551234567@example.com  3 42', 'yes', 'one']);
    const error = errorOf((await run('    - set: {a: "${1 + 1}"}', undefined, { expressions })).end);
    expect(error.message).toContain('the sandbox was asked');
  });
});

describe('limits', { timeout: 60_000 }, () => {
  it('goto jumps 100 times if nothing else is said', async () => {
    const { done } = await run('    - label: a\n    - play: say:x\n    - goto: a\n    - play: say:end');
    expect(said(done)).toEqual([...Array.from({ length: 101 }, () => 'x'), 'end']);
  });

  /** main transfers to itself as long as there is something left. */
  const transferring = (times: number) => `
sections:
  main: [{set: {left: ${times}}}, {transfer: again}]
  again:
    - cond: [{when: left == 1, then: [{play: say:arrived}, {hangup: {}}]}]
    - set: {left: "\${left - 1}"}
    - transfer: again`;
  it('a call may be transferred 32 times, and not once more', async () => {
    expect(said((await run(transferring(32))).done)).toEqual(['arrived']);
    expect(errorOf((await run(transferring(33))).end).code).toBe('relay_script_too_many_transfers');
  });

  /** Each section executes the next one; main is the first. */
  const nested = (depth: number) => {
    const name = (level: number) => (level === 1 ? 'main' : `s${level}`);
    const sections = Array.from({ length: depth }, (_, index) => {
      const level = index + 1;
      return `  ${name(level)}: [${level === depth ? '{play: say:inside}' : `{execute: ${name(level + 1)}}`}]`;
    });
    return `sections:\n${sections.join('\n')}`;
  };
  it('sections may be executed 32 deep, and no deeper', async () => {
    expect(said((await run(nested(32))).done)).toEqual(['inside']);
    expect(errorOf((await run(nested(33))).end).code).toBe('relay_script_nested_too_deep');
  });

  /** A script of so many steps. */
  const steps = (count: number) =>
    JSON.stringify({
      sections: { main: Array.from({ length: count }, (_, n) => (n === count - 1 ? { play: 'say:end' } : 'unset')) },
    }).replaceAll('"unset"', '{"unset":"a"}');
  it('a call may run 10,000 steps, and not one more', async () => {
    expect(said((await run(steps(10_000))).done)).toEqual(['end']);
    expect(errorOf((await run(steps(10_001))).end).message).toContain('has run 10000 steps');
  });
});

describe('cond and switch', () => {
  it.each([
    ['1', 'one'],
    ['2', 'two'],
    ['3', 'other'],
  ])('cond takes the branch of %s', async (value, expected) => {
    const { done } = await run(`
    - set: {v: ${value}}
    - cond:
        - else: {play: say:other}
        - when: v == 1
          then: [{play: say:one}]
        - when: "\${v} == 2"
          then: [{play: say:two}]
    - play: say:end`);
    expect(said(done)).toEqual([expected, 'end']);
  });

  it('cond with nothing true goes on, and its names need not be set', async () => {
    const { end, done } = await run(
      `    - cond: {when: prompt_value == "1" || flag, then: hangup}\n    - play: say:end`,
    );
    expect([end.result, said(done)]).toEqual(['completed', ['end']]);
  });

  it.each([
    ['"5"', 'five'],
    ['5', 'five'],
    ['x', 'other'],
    ['toString', 'other'],
  ])('switch takes the case of %s', async (value, expected) => {
    const { done } = await run(`
    - set: {a: {v: ${value}}}
    - switch: {variable: a.v, case: {5: [{play: say:five}]}, default: [{play: say:other}]}
    - switch: {variable: "\${a.v}", case: {5: [{play: say:five}]}, default: [{play: say:other}]}`);
    expect(said(done)).toEqual([expected, expected]);
  });

  it('switch without a match or a default warns and goes on', async () => {
    const { end, done, call } = await run(`
    - switch: {variable: a, case: {x: [hangup]}}
    - play: say:\${script_error}`);
    expect(end).toEqual({ result: 'completed' });
    expect(said(done)).toEqual(['relay_script_method_no_matching_condition']);
    expect(call.logged).toEqual(['relay_script_method_no_matching_condition']);
  });
});

describe('goto', { timeout: 60_000 }, () => {
  it('jumps as often as it may, then goes on', async () => {
    const { done } = await run(
      '    - label: a\n    - play: say:x\n    - goto: {label: a, max: 3}\n    - play: say:end',
    );
    expect(said(done)).toEqual(['x', 'x', 'x', 'x', 'end']);
  });

  it('jumps while its condition is true', async () => {
    const { done } = await run(`
    - set: {n: 0}
    - label: a
    - set: {n: "\${n + 1}"}
    - play: "say:\${n}"
    - goto: {label: a, when: n < 3}`);
    expect(said(done)).toEqual(['1', '2', '3']);
  });

  it('leaves and enters blocks of the same section', async () => {
    const { done } = await run(`
    - goto: inside
    - play: say:skipped
    - cond:
        - when: "false"
          then:
            - play: say:skipped
            - label: inside
            - play: say:in
            - cond: [{else: [{goto: {label: out, max: 1}}, {play: say:skipped}]}]
    - play: say:skipped
    - label: out
    - play: say:out`);
    expect(said(done)).toEqual(['in', 'out']);
  });

  it('does not reach another section', async () => {
    const error = errorOf(
      (await run('sections:\n  main: [{execute: sub}, {label: a}]\n  sub: [{label: b}, {goto: a}]')).end,
    );
    expect(error.message).toContain('the section sub has no label "a"; it has b');
    expect(error.details.path).toBe('sections.sub[1].goto');
  });

  it('without end is stopped after 10,000 steps, and other work goes on meanwhile', async () => {
    let turns = 0;
    const ticking = setInterval(() => turns++, 0);
    const section = Array.from({ length: 100 }, (_, index) => `{label: l${index}}, {goto: l${index}}`).join(', ');
    const error = errorOf((await run(`sections:\n  main: [${section}]`)).end);
    clearInterval(ticking);
    expect(error.code).toBe('relay_script_method_execute_failed');
    expect(error.message).toContain('has run 10000 steps');
    expect(turns).toBeGreaterThan(3);
  });
});

describe('execute, return and transfer', () => {
  it('execute comes back with return_value, then runs on_return and result', async () => {
    const { done } = await run(`
sections:
  main:
    - execute:
        dest: sum
        params: {a: 2, b: "3"}
        on_return:
          - switch: {variable: return_value, case: {5: [{play: say:five}]}}
        result: {case: {5: {play: say:result}}}
    - play: say:\${return_value} [\${params.a}]
  sum:
    - cond: [{when: params.b == 3, then: [{return: "\${parseInt(params.a) + parseInt(params.b)}"}]}]
    - play: say:never`);
    expect(said(done)).toEqual(['five', 'result', '5 []']);
  });

  it('a section that ends without return leaves no old return_value', async () => {
    const { done } = await run(`
sections:
  main: [{execute: one}, {execute: two}, {play: "say:[\${return_value}]"}, {execute: {dest: one, result: [{when: 'return_value[0].a == 1', then: {play: say:list}}]}}]
  one: [{return: [{a: 1}]}]
  two: [{play: say:two}]`);
    expect(said(done)).toEqual(['two', '[]', 'list']);
  });

  it('return in main ends the script', async () => {
    expect(await run('    - return: 1\n    - answer')).toMatchObject({ end: { result: 'completed' }, done: [] });
    expect(await run('    - return\n    - answer')).toMatchObject({ end: { result: 'completed' }, done: [] });
  });

  it('transfer does not come back', async () => {
    const { done } = await run(`
sections:
  main: [{execute: a}, {play: say:never}]
  a: [{transfer: {dest: b, params: {x: 1}}}, {play: say:never}]
  b: [{play: "say:\${params.x}"}]`);
    expect(said(done)).toEqual(['1']);
  });

  it('a script within the script has its own sections and shares the variables', async () => {
    const inner = JSON.stringify({
      sections: { main: [{ execute: 'sub' }], sub: [{ play: 'say:inner ${v}' }, { set: { w: 2 } }] },
    });
    const { done } = await run(
      `
sections:
  main:
    - set: {v: 1}
    - execute: {dest: {sections: {main: [{execute: sub}], sub: [{play: "say:map \${v}"}]}}}
    - execute: {dest: '${inner}'}
    - execute: \${script}
    - play: "say:\${w}"
  sub: [{play: say:outer}]`,
      undefined,
      { vars: { script: inner } },
    );
    expect(said(done)).toEqual(['map 1', 'inner 1', 'inner 1', '2']);
  });

  it('a script from a URL is fetched with the variables and the parameters', async () => {
    const asked: unknown[] = [];
    const { done } = await run(
      '    - set: {v: 1}\n    - execute: {dest: "https://a.example/s", params: {p: 2}}\n    - play: say:${return_value}',
      createScriptedCall(),
      {
        envs: { e: 3 },
        fetchScript: async (url, { call, vars, envs, params }) => {
          asked.push(url, call.call_id, call.call_state, vars, envs, params);
          return parseScript({ sections: { main: [{ play: 'say:${params.p}' }, { return: 'back' }] } }, { name: url });
        },
      },
    );
    expect(asked).toEqual(['https://a.example/s', 'call-1', 'created', { v: 1 }, { e: 3 }, { p: 2 }]);
    expect(said(done)).toEqual(['2', 'back']);
  });

  it.each<[string, string, string, string]>([
    [
      'an unknown section',
      'sections:\n  main: [{execute: subb}]\n  sub: [answer]',
      'section_parameter_undefined',
      'did you mean sub?',
    ],
    [
      'a URL where there is no fetching',
      'sections:\n  main: [{transfer: "http://x"}]',
      'method_execute_failed',
      'not allowed',
    ],
    ['sections that execute themselves', 'sections:\n  main: [{execute: main}]', 'nested_too_deep', '32'],
    ['transfers in a circle', 'sections:\n  main: [{transfer: main}]', 'too_many_transfers', '32'],
    [
      'a broken script in a variable',
      "sections:\n  main: [{set: {s: '{\"sections\": '}}, {execute: '${s}'}]",
      'parse_error',
      'execute',
    ],
  ])('%s is an error', async (_, script, code, says) => {
    const error = errorOf((await run(script)).end);
    expect(error.code).toBe(`relay_script_${code}`);
    expect(error.message).toContain(says);
  });
});
