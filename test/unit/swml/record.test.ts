import { describe, expect, it } from 'vitest';
import type { RecordingChange, RecordingEnd } from '../../../src/switch/swml/call-port.ts';
import { createScriptedCall, errorOf, run } from './scripted-call.ts';

const said = (done: readonly string[]) =>
  done.filter((line) => line.startsWith('play say:')).map((line) => line.slice(9));

const sayResult = `\n    - play: "say:[\${record_url}] \${record_result} \${record_end_reason} \${record_control_id}"`;

describe('record', () => {
  it('records what the party says until # or silence, unless told otherwise', async () => {
    const { call } = await run('    - record');
    expect(call.recorded).toEqual([
      {
        stereo: false,
        format: 'wav',
        direction: 'speak',
        terminators: '#',
        beep: false,
        input_sensitivity: 44,
        initial_timeout: 4,
        end_silence_timeout: 5,
        max_length: 0,
        mask_digits: false,
      },
    ]);
  });

  it('takes the parameters of record_call but a name', async () => {
    const { call } = await run(
      '    - record: {stereo: true, format: mp3, direction: hear, terminators: "", beep: "true", input_sensitivity: 10, initial_timeout: "0", end_silence_timeout: 1.5, max_length: 30, mask_digits: true, status_url: "https://s.example/"}',
    );
    expect(call.recorded[0]).toEqual({
      stereo: true,
      format: 'mp3',
      direction: 'listen',
      terminators: '',
      beep: true,
      input_sensitivity: 10,
      initial_timeout: 0,
      end_silence_timeout: 1.5,
      max_length: 30,
      mask_digits: true,
      status_url: 'https://s.example/',
    });
    const { end } = await run('    - record: {control_id: mine}');
    expect(errorOf(end).code).toBe('relay_script_method_parameter_undefined');
  });

  it.each<[RecordingEnd, string]>([
    [{ state: 'finished', end_reason: 'terminator' }, 'success terminator'],
    [{ state: 'no_input', end_reason: 'initial_timeout' }, 'no_input initial_timeout'],
    [{ state: 'error', end_reason: 'error' }, 'failed error'],
    [{ state: 'finishing', end_reason: 'max_length' }, 'failed max_length'],
  ])('waits for the end: %j', async (ended, expected) => {
    const call = createScriptedCall({ recordingEnded: () => ended });
    const { done } = await run(`    - record${sayResult}`, call);
    expect(done.slice(0, 3)).toEqual(['answer', 'record', 'wait generated-1']);
    expect(said(done)).toEqual([`[https://r.example/generated-1] ${expected} `]);
  });

  it('that fails is a result, and the script goes on', async () => {
    const call = createScriptedCall({ record: () => ({ result: 'failed', control_id: '', reason: 'disk full' }) });
    const { done } = await run(`    - record${sayResult}`, call);
    expect(said(done)).toEqual(['[] failed error ']);
  });

  it('ends with the call', async () => {
    const call = createScriptedCall({
      recordingEnded: () => {
        call.end();
        return new Promise(() => undefined);
      },
    });
    expect((await run('    - record\n    - play: "say:never"', call)).end).toEqual({ result: 'call_ended' });
    expect(call.done).not.toContain('play say:never');
  });

  it('leaves the recordings of record_call and their variables alone', async () => {
    const { done } = await run(`
    - record_call: {control_id: background}
    - record
    - play: "say:\${record_control_id} \${record_call_state}"
    - stop_record_call`);
    expect(said(done)).toEqual(['background recording']);
    expect(done.at(-1)).toBe('stop background');
  });
});

describe('the state of a recording that record_call has started', () => {
  const state = `"say:[\${record_call_state}] [\${record_call_end_reason}]"`;

  it('is in variables from its start to its end', async () => {
    const changes: RecordingChange[] = [
      { state: 'finishing', end_reason: 'max_length' },
      { state: 'finished', end_reason: 'max_length' },
    ];
    const call = createScriptedCall({
      play: () => {
        const next = changes.shift();
        if (next) call.change(next);
      },
    });
    const { done } = await run(
      `    - play: ${state}\n    - record_call\n    - play: ${state}\n    - play: ${state}\n    - play: ${state}`,
      call,
    );
    // The first change came while nothing was recorded.
    expect(said(done)).toEqual(['[] []', '[recording] []', '[finished] [max_length]', '[finished] [max_length]']);
  });

  it('is there even if it ended before the method was done', async () => {
    const call = createScriptedCall({
      record: ({ control_id = '' }) => {
        call.change({ state: 'finishing', end_reason: 'hangup' });
        return { result: 'success', control_id, url: 'https://r.example/1' };
      },
    });
    const { done } = await run(`    - record_call\n    - play: ${state}`, call);
    expect(said(done)).toEqual(['[finishing] [hangup]']);
  });

  it('is error where recording fails', async () => {
    const call = createScriptedCall({ record: () => ({ result: 'failed', control_id: '', reason: 'disk full' }) });
    const { done } = await run(`    - record_call\n    - play: ${state}`, call);
    expect(said(done)).toEqual(['[error] [error]']);
  });

  it('is that of the last one alone', async () => {
    const call = createScriptedCall();
    const port = call.port;
    const told: ((change: RecordingChange) => void)[] = [];
    const recordCall = port.recordCall;
    const watching = {
      ...call,
      port: {
        ...port,
        recordCall: ((parameters, onChange) => {
          if (onChange) told.push(onChange);
          return recordCall(parameters, onChange);
        }) satisfies typeof recordCall,
        play: async (urls: readonly string[], options: Parameters<typeof port.play>[1]) => {
          told[0]?.({ state: 'finished', end_reason: 'end_silence' });
          await port.play(urls, options);
        },
      },
    };
    const { done } = await run(
      `    - record_call\n    - record_call\n    - play: ${state}\n    - play: ${state}`,
      watching,
    );
    expect(said(done)).toEqual(['[recording] []', '[recording] []']);
  });
});

describe('pause_record_call and resume_record_call', () => {
  it('are for the recording that was started last, and leave the pause out of the file, unless told otherwise', async () => {
    const { done } = await run(`
    - record_call: {control_id: mine}
    - pause_record_call
    - resume_record_call
    - pause_record_call: other
    - resume_record_call: other
    - pause_record_call: {control_id: third, behavior: silence}
    - resume_record_call: {control_id: third}`);
    expect(done.slice(2)).toEqual([
      'pause mine skip',
      'resume mine',
      'pause other skip',
      'resume other',
      'pause third silence',
      'resume third',
    ]);
  });

  it('tell how it went, and the script goes on', async () => {
    const says = `\n    - play: "say:\${pause_record_call_result} \${resume_record_call_result}"`;
    const { done } = await run(`    - record_call\n    - pause_record_call\n    - resume_record_call${says}`);
    expect(said(done)).toEqual(['success success']);
    const without = createScriptedCall();
    const nothing = await run(`    - pause_record_call\n    - resume_record_call${says}`, without);
    expect(said(nothing.done)).toEqual(['failed failed']);
    expect(nothing.done.filter((line) => /^(pause|resume)/.test(line))).toEqual([]);
    expect(without.logged[0]).toContain('nothing has been recorded');
    const ended = createScriptedCall({ turn: () => 'failed' });
    expect(said((await run(`    - pause_record_call: x\n    - resume_record_call: x${says}`, ended)).done)).toEqual([
      'failed failed',
    ]);
  });

  it('know two behaviors', async () => {
    const { end } = await run('    - pause_record_call: {control_id: x, behavior: mute}');
    expect(errorOf(end).message).toContain('skip or silence');
  });

  it('change record_call_state, as everybody does who pauses it', async () => {
    const changes: RecordingChange[] = [
      { state: 'paused' },
      { state: 'recording' },
      { state: 'finishing', end_reason: 'stop' },
    ];
    const call = createScriptedCall({
      play: () => {
        const next = changes.shift();
        if (next) call.change(next);
      },
    });
    const says = `\n    - play: "say:\${record_call_state} [\${record_call_end_reason}]"`;
    const { done } = await run(`    - record_call${says.repeat(4)}`, call);
    expect(said(done)).toEqual(['recording []', 'paused []', 'recording []', 'finishing [stop]']);
  });
});
