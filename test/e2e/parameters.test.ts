import { createHmac } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decode, describe as describeFile, levelsDb, toneSpan } from '../kit/files.ts';
import type { ScriptStep } from '../kit/script-host.ts';
import { type Stage, startStage } from '../kit/stage.ts';
import { createStatusSink } from '../kit/status-sink.ts';

const signingKey = 'between you and me';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({ set: { 'notify.signing_key': signingKey } });
});

afterAll(() => stage.close());

/** A recording that tells its states to the sink. */
const record = (control_id: string, more: Readonly<Record<string, unknown>> = {}): ScriptStep => ({
  record_call: { control_id, status_url: stage.sink.url, ...more },
});
const stop = (control_id: string): ScriptStep => ({ stop_record_call: { control_id } });
const pause = (seconds: number): ScriptStep => ({ play: `silence:${seconds}` });

/** The states that were told of a control id, in order. */
const statesOf = (controlId: string): string[] => stage.sink.eventsOf(controlId).map(({ params }) => params.state);

describe.concurrent('control_id', () => {
  test('names one active recording of a call: a second one fails, and it is free again after a stop', async () => {
    const { host, sink } = stage;
    const tell = (what: string) => host.tell('twice', what);
    host.serve('twice', [
      ...[record('twice'), tell('first'), record('twice', { format: 'mp3' }), tell('second')],
      ...[pause(0.5), stop('twice'), tell('stopped'), record('twice'), tell('third'), stop('twice'), tell('end')],
    ]);
    await stage.dial('twice');
    const first = await host.told('twice', 'first');
    expect(first).toMatchObject({ record_call_result: 'success', record_control_id: 'twice' });
    const second = await host.told('twice', 'second');
    expect(second).toMatchObject({ record_call_result: 'failed', record_call_url: '' });
    expect(await host.told('twice', 'stopped')).toMatchObject({ stop_record_call_result: 'success' });
    const third = await host.told('twice', 'third');
    expect(third.record_call_result).toBe('success');
    expect(third.record_call_url).not.toBe(first.record_call_url);
    expect(await host.told('twice', 'end')).toMatchObject({ stop_record_call_result: 'success' });

    await sink.waitFor(
      'the end of the third',
      ({ body }) => body.includes(third.record_call_url) && /finished/.test(body),
    );
    const ended = sink.eventsOf('twice').filter(({ params }) => params.state === 'finished');
    expect(ended.map(({ params }) => params.url)).toEqual([first.record_call_url, third.record_call_url]);
  });

  test('is not shared by two calls', async () => {
    const { host } = stage;
    host.serve('shared', [record('shared'), host.tell('shared', 'started'), pause(1.5)]);
    host.serve('other', [record('shared'), host.tell('other', 'started'), pause(1.5)]);
    const calls = await Promise.all([stage.dial('shared'), stage.dial('other')]);
    for (const number of ['shared', 'other']) {
      expect(await host.told(number, 'started')).toMatchObject({ record_call_result: 'success' });
    }
    await Promise.all(calls.map((made) => made.ended));
  });

  test('is made up where none is given, and each recording has its own', async () => {
    const { host } = stage;
    const tell = (what: string) => host.tell('made-up', what);
    host.serve('made-up', [{ record_call: {} }, tell('first'), 'record_call', tell('second')]);
    await stage.dial('made-up');
    const first = await host.told('made-up', 'first');
    const second = await host.told('made-up', 'second');
    expect(first.record_control_id).toMatch(/./);
    expect(second.record_control_id).toMatch(/./);
    expect(second.record_control_id).not.toBe(first.record_control_id);
  });
});

describe.concurrent('stop_record_call', () => {
  test('stops the recording that was started last, where it names none', async () => {
    const { host, sink } = stage;
    const tell = (what: string) => host.tell('last', what);
    host.serve('last', [
      record('early'),
      record('late'),
      { stop_record_call: {} },
      tell('stopped'),
      pause(0.5),
      tell('on'),
    ]);
    await stage.dial('last');
    expect(await host.told('last', 'stopped')).toMatchObject({ stop_record_call_result: 'success' });
    const late = await sink.waitForState('late', 'finished');
    expect(late.params.end_reason).toBe('stop');
    await host.told('last', 'on');
    expect((await sink.waitForState('early', 'finished')).params.end_reason).toBe('hangup');
  });

  test('of one that is unknown or has ended is failed, and the script goes on', async () => {
    const { host } = stage;
    const tell = (what: string) => host.tell('unknown', what);
    host.serve('unknown', [
      ...[{ stop_record_call: {} }, tell('none yet'), record('known'), stop('nobody'), tell('unknown')],
      ...[stop('known'), tell('known'), stop('known'), tell('again')],
    ]);
    await stage.dial('unknown');
    const results = [];
    for (const what of ['none yet', 'unknown', 'known', 'again']) {
      results.push((await host.told('unknown', what)).stop_record_call_result);
    }
    expect(results).toEqual(['failed', 'failed', 'success', 'failed']);
  });

  test('returns when record_call_url can be played', async () => {
    const { host } = stage;
    const playback = { play: { url: `$${'{record_call_url}'}` } };
    host.serve('playable', [record('playable'), pause(2), stop('playable'), playback, host.tell('playable', 'played')]);
    const { phone } = await stage.dial('playable', { hz: 700 });
    await phone.waitUntilHears(700, { forMs: 1000, timeoutMs: 10_000 });
    expect(await host.told('playable', 'played')).toMatchObject({ play_result: 'success' });
  });
});

describe.concurrent('unusual control ids', () => {
  const welcome = [
    'a/b',
    '..',
    '../../etc/passwd',
    'quo"te',
    "apo'strophe",
    'with space',
    '-rf',
    '%2e%2e',
    'Grüße 🎙',
    'x'.repeat(256),
  ];

  test('name recordings like any other, and no file', async () => {
    const { host, sink, server } = stage;
    const tell = (what: number | string) => host.tell('odd', `${what}`);
    host.serve('odd', [...welcome.flatMap((id, i) => [record(id), tell(i)]), ...welcome.map(stop), tell('end')]);
    await stage.dial('odd');
    await host.told('odd', 'end');
    for (const [i, id] of welcome.entries()) {
      expect(await host.told('odd', `${i}`)).toMatchObject({ record_call_result: 'success', record_control_id: id });
      const { params } = await sink.waitForState(id, 'finished');
      expect(params.url).toMatch(
        /^http:\/\/127\.0\.0\.1:\d+\/recordings\/[0-9a-f-]{36}\.wav\?expires=\d+&signature=[\w-]{43}$/,
      );
      await stage.download(params.url);
    }
    const files = await readdir(server.dataDir, { recursive: true });
    // A file in the making is hidden and named by its writer as well: of it only the characters count.
    const named = files.map((file) => basename(file)).filter((name) => !/^\.[\w.-]+\.part$/.test(name));
    expect(named.filter((name) => !/^[\w.-]{1,60}$/.test(name))).toEqual([]);
  });

  test.each([
    ['300 characters', 'x'.repeat(300), '300 characters'],
    ['a NUL', 'a\0b', 'U+0000'],
    ['a line break', 'a\r\nVia: b', 'U+000D'],
    ['nothing', '', 'not empty'],
  ])('of %s is refused by name', async (what, id, told) => {
    const number = `refused-${what.replaceAll(' ', '-')}`;
    stage.host.serve(number, [{ record_call: { control_id: id } }]);
    const made = await stage.dial(number);
    expect(await made.final).toBe(500);
    expect(await errorOf(await stage.callIdOf(made))).toMatchObject({
      code: 'relay_script_method_parameter_invalid_value',
      message: expect.stringContaining(told),
      details: { method: 'record_call', parameter: 'control_id' },
    });
  });
});

/** The script's error as the log has it. */
const errorOf = async (callId: string): Promise<unknown> => {
  const line = await stage.server.waitForLog(
    `the script error of ${callId}`,
    ({ msg, call_id }) => msg === 'script error' && call_id === callId,
  );
  return line.err;
};

describe.concurrent('a record_call that is written wrong', () => {
  const wrong = [
    ['an unknown parameter', { recordings: 2 }, 'recordings', 'undefined', 'no such parameter'],
    ['a name that is close', { stero: true }, 'stero', 'undefined', 'stereo'],
    ['a wrong type', { stereo: 'perhaps' }, 'stereo', 'invalid_value', 'true or false'],
    ['an unknown format', { format: 'ogg' }, 'format', 'invalid_value', 'wav, mp3 or mp4'],
    ['an unknown direction', { direction: 'up' }, 'direction', 'invalid_value', 'speak, listen or both'],
    ['a negative time', { max_length: -1 }, 'max_length', 'invalid_value', 'from 0'],
    ['terminators that are no digits', { terminators: 'x' }, 'terminators', 'invalid_value', '0-9, A-D, * and #'],
    ['a status_url that is none', { status_url: 'file:///etc/passwd' }, 'status_url', 'invalid_value', 'http'],
  ] as const;

  test.each(wrong)('by %s ends the call with 500 before it is answered', async (what, given, parameter, kind, told) => {
    const number = what.replaceAll(' ', '-');
    stage.host.serve(number, [{ record_call: given }]);
    const made = await stage.dial(number);
    expect(await made.final).toBe(500);
    expect(await errorOf(await stage.callIdOf(made))).toMatchObject({
      code: `relay_script_method_parameter_${kind}`,
      message: expect.stringContaining(told),
      details: { path: `sections.main[0].record_call.${parameter}`, method: 'record_call', parameter },
    });
  });

  test('ends a call that is answered with BYE, and its other recordings are finished', async () => {
    stage.host.serve('late-mistake', [record('before-mistake'), pause(0.5), { record_call: { format: 'ogg' } }]);
    const made = await stage.dial('late-mistake');
    expect((await made.answered).status).toBe(200);
    expect(await made.ended).toBe('server');
    const { params } = await stage.sink.waitForState('before-mistake', 'finished');
    expect(params.end_reason).toBe('hangup');
    expect(params.duration).toBeGreaterThan(0.4);
  });
});

describe.concurrent('what ends a recording by itself', () => {
  test('a digit of terminators, and no other, while the script goes on', async () => {
    const { host, sink } = stage;
    const number = 'terminated';
    host.serve(number, [
      ...[record(number, { terminators: '#*' }), host.tell(number, 'started'), pause(3)],
      ...[stop(number), host.tell(number, 'after'), record(number), host.tell(number, 'again')],
    ]);
    const { phone } = await stage.dial(number);
    await host.told(number, 'started');
    await phone.sendDigit('5');
    await phone.sendDigit('#');
    const { params } = await sink.waitForState(number, 'finished');
    expect(params.end_reason).toBe('terminator');
    expect(params.duration).toBeLessThan(2.5);
    expect(host.allTold(number), 'the script was not disturbed').toEqual(['started']);
    expect(await host.told(number, 'after')).toMatchObject({ stop_record_call_result: 'failed' });
    expect(await host.told(number, 'again')).toMatchObject({ record_call_result: 'success' });
    // Its sound is there up to the key: 440 Hz to the end but for the two keys, which are no sound.
    const file = await stage.download(params.url);
    expect((await decode(file)).durationS, await describeFile(file, [440])).toBeCloseTo(params.duration ?? 0, 2);
  });

  test('max_length, to the frame', async () => {
    stage.host.serve('limited', [record('limited', { max_length: 1.5 }), pause(2.5)]);
    await stage.dial('limited');
    const { params } = await stage.sink.waitForState('limited', 'finished');
    expect(params.end_reason).toBe('max_length');
    expect(params.duration).toBeCloseTo(1.5, 2);
    const file = await stage.download(params.url);
    expect((await decode(file)).durationS, await describeFile(file, [440])).toBeCloseTo(1.5, 2);
  });

  test('initial_timeout where nobody speaks: no_input', async () => {
    stage.host.serve('mute', [record('mute', { initial_timeout: 1, direction: 'speak' }), pause(2.5)]);
    await stage.dial('mute', { hz: 0 });
    const { params } = await stage.sink.waitForState('mute', 'no_input');
    expect(params.end_reason).toBe('initial_timeout');
    expect(statesOf('mute')).toEqual(['recording', 'no_input']);
  });

  test('end_silence_timeout after speech', async () => {
    const limits = { initial_timeout: 5, end_silence_timeout: 1, direction: 'speak' };
    stage.host.serve('speaker', [record('speaker', limits), stage.host.tell('speaker', 'started'), pause(6)]);
    const { phone } = await stage.dial('speaker');
    await stage.host.told('speaker', 'started');
    await phone.speakFor(1);
    phone.say(0);
    const { params } = await stage.sink.waitForState('speaker', 'finished');
    expect(params.end_reason).toBe('end_silence');
    const file = await stage.download(params.url);
    const sound = await decode(file);
    const spoken = toneSpan(sound, 0, 440);
    const silence = sound.durationS - (spoken?.toS ?? 0);
    expect(silence, await describeFile(file, [440])).toBeGreaterThan(0.9);
    expect(silence, await describeFile(file, [440])).toBeLessThan(1.3);
  });
});

describe.concurrent('beep', () => {
  test('is heard by the caller and is in no file', async () => {
    const { host, sink } = stage;
    const number = 'beep';
    host.serve(number, [
      host.tell(number, 'before'),
      record('beep', { beep: true, stereo: true }),
      ...[host.tell(number, 'started'), pause(1)],
    ]);
    const { phone } = await stage.dial(number);
    const before = await host.told(number, 'before');
    const started = await host.told(number, 'started');
    expect(started.atMs - before.atMs, 'record_call waits for the beep').toBeGreaterThan(500);
    await phone.waitUntilSilentAt(1000);
    const beep = levelsDb({ channels: [phone.heard()], sampleRate: 8000, durationS: 0 }, 0, 1000);
    expect(Math.max(...beep), 'the beep that the caller heard').toBeGreaterThan(-20);
    const file = await stage.download((await sink.waitForState('beep', 'finished')).params.url);
    const sound = await decode(file);
    for (const channel of [0, 1]) {
      const loudest = Math.max(...levelsDb(sound, channel, 1000));
      expect(loudest, `the beep is in the file; ${await describeFile(file, [1000])}`).toBeLessThan(-50);
    }
  });
});

describe.concurrent('status_url', () => {
  test('is told recording and finished, once each and in order, signed, in the shape of the reference', async () => {
    const { sink } = stage;
    const more = { format: 'mp3', direction: 'both', stereo: true };
    stage.host.serve('told', [record('told', more), pause(1), stop('told')]);
    const made = await stage.dial('told', { from: '+15551234567' });
    await sink.waitForState('told', 'finished');
    expect(await made.ended).toBe('server');
    expect(statesOf('told')).toEqual(['recording', 'finished']);

    const [recording, finished] = sink.eventsOf('told');
    const id = recording?.params.recording_id;
    const call_id = await stage.callIdOf(made);
    const url = recording?.params.url ?? '';
    expect(url.startsWith(`${stage.server.http}/recordings/${id}.mp3?expires=`), url).toBe(true);
    const known = { call_id, control_id: 'told', recording_id: id, url, node_id: expect.stringMatching(/./) };
    const audio = { format: 'mp3', direction: 'both', stereo: true };
    const event = { event_type: 'calling.call.record', event_channel: `swml:${call_id}`, project_id: '', space_id: '' };
    const number = expect.any(Number);
    expect(recording).toEqual({
      ...event,
      event_id: `${id}.recording`,
      event_number: 1,
      timestamp: number,
      params: {
        ...known,
        segment_id: expect.any(String),
        state: 'recording',
        start_time: number,
        record: { url, format: 'mp3', audio },
      },
    });
    const duration = finished?.params.duration;
    const size = (await (await fetch(url)).arrayBuffer()).byteLength;
    expect(finished).toEqual({
      ...event,
      event_id: `${id}.finished`,
      event_number: 2,
      timestamp: number,
      params: {
        ...known,
        segment_id: expect.any(String),
        state: 'finished',
        start_time: recording?.params.start_time,
        end_time: number,
        end_reason: 'stop',
        duration,
        size,
        record: { url, format: 'mp3', duration, size, audio },
      },
    });
    expect(duration).toBeGreaterThan(1);
    expect(finished?.timestamp).toBeGreaterThan((recording?.timestamp ?? 0) + 1);

    for (const { headers, body } of sink.posts.filter((post) => post.body.includes(url))) {
      const sign = (kind: string) =>
        createHmac(kind, signingKey)
          .update(sink.url + body)
          .digest('hex');
      expect(headers['x-signalwire-signature']).toBe(sign('sha1'));
      expect(headers['x-signalwire-sha256-signature']).toBe(sign('sha256'));
    }
  });

  test('is told again until it answers with 2xx, and the order stays', async () => {
    const sink = await createStatusSink();
    sink.script([500, 'cut']);
    stage.host.serve('retried', [record('retried', { status_url: sink.url }), pause(0.5)]);
    await stage.dial('retried');
    await sink.waitForState('retried', 'finished', 20_000);
    const told = sink.posts.map(({ json, answered }) => [
      (json as { event_id: string }).event_id.split('.')[1],
      answered,
    ]);
    expect(told).toEqual([
      ['recording', 500],
      ['recording', 0],
      ['recording', 200],
      ['finished', 200],
    ]);
    await sink.close();
  });
});
