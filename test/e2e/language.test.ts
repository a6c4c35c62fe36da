import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../src/embedded/ports.ts';
import { decode, probe } from '../kit/files.ts';
import { runSipp, startSipp } from '../kit/sip-caller.ts';
import { type Stage, startStage } from '../kit/stage.ts';

let stage: Stage;
let calleePort = 0;

/** What a script sees under a name. */
const value = (name: string): string => `%{${name}}`;

/** The script of the route runs all that decides and leads elsewhere; the host has what it executes by its URL. */
const walk = (host: string) => ({
  sections: {
    main: [
      { set: { count: 0, deep: { kept: 'yes', gone: 'no' }, trail: 'begin' } },
      { unset: 'deep.gone' },
      { label: 'again' },
      { set: { count: '%{count + 1}' } },
      { goto: { label: 'again', when: 'count < 3' } },
      // biome-ignore lint/suspicious/noThenProperty: the word of SWML
      { cond: [{ when: 'deep.gone === undefined', then: [{ set: { trail: '%{trail} cond' } }] }] },
      { switch: { variable: 'count', case: { '3': [{ set: { trail: '%{trail} switch' } }] } } },
      // biome-ignore lint/suspicious/noThenProperty: the word of SWML
      { if: { when: 'deep.kept == "yes"', then: [{ set: { trail: '%{trail} if' } }] } },
      {
        execute: {
          dest: 'twice',
          params: { number: 21 },
          on_return: [{ set: { trail: '%{trail} on_return' } }],
          result: { case: { '42': [{ set: { trail: '%{trail} section' } }] } },
        },
      },
      { execute: { dest: host, params: { word: 'url' } } },
      {
        execute: {
          dest: { sections: { main: [{ set: { trail: '%{trail} %{params.word}' } }, { return: 'inline' }] } },
          params: { word: 'script' },
        },
      },
      { set: { trail: '%{trail} %{return_value}' } },
      { sleep: 20 },
      { transfer: { dest: 'last', params: { word: 'transfer' } } },
      { set: { trail: 'never' } },
    ],
    twice: [{ return: '%{params.number * 2}' }],
    last: [
      {
        request: {
          url: new URL('/told/walk/walked', host).href,
          method: 'POST',
          body: { trail: '%{trail} %{params.word}', count: value('count'), deep: value('deep') },
          save_variables: true,
        },
      },
      {
        request: {
          url: new URL('/told/walk/asked', host).href,
          method: 'POST',
          body: { result: value('request_result'), code: value('request_response_code') },
        },
      },
      { answer: { max_duration: 60 } },
      { hangup: {} },
    ],
  },
});

beforeAll(async () => {
  calleePort = await freePort('both', '127.0.0.1');
  stage = await startStage({
    routes: (host) => [
      { to: 'walk', script: walk(host) },
      { to: '*', script: host },
    ],
  });
});

afterAll(() => stage.close());

const call = (to: string) => runSipp({ scenario: 'call-until-bye', target: stage.server.sip, to });

test('what decides and what leads elsewhere, in one call of SIPp', async () => {
  stage.host.serve('walk', [{ set: { trail: '%{trail} %{params.word}' } }, { return: {} }]);
  await call('walk');
  expect(await stage.host.told('walk', 'walked')).toMatchObject({
    trail: 'begin cond switch if on_return section url script inline transfer',
    count: 3,
    deep: { kept: 'yes' },
  });
  expect(await stage.host.told('walk', 'asked')).toMatchObject({ result: 'success', code: 200 });
});

test('what plays, records and connects, with SIPp on both sides', async () => {
  const { host, sink } = stage;
  const callee = await startSipp({
    ...{ scenario: 'answer-until-bye', target: stage.server.sip, timeoutS: 30 },
    args: ['-p', String(calleePort)],
  });
  host.serve('sounds', [
    { record_call: { control_id: 'all', stereo: true, status_url: sink.url } },
    { pause_record_call: 'all' },
    { resume_record_call: 'all' },
    { play: { url: host.toneUrl(1000, 0.1), loop: 2, volume: -3 } },
    { prompt: { play: 'silence:0', initial_timeout: 0 } },
    { record: { beep: false, initial_timeout: 0.1, terminators: '' } },
    { tap: { uri: 'rtp://127.0.0.1:9', direction: 'both' } },
    { stop_tap: {} },
    { send_digits: '1' },
    { user_event: { event: { heard: true } } },
    { connect: { to: `sip:sipp@127.0.0.1:${calleePort}`, max_duration: 1 } },
    host.tell('sounds', 'connected', ['prompt_result', 'record_result', 'tap_result', 'send_digits_result']),
    { stop_record_call: 'all' },
    host.tell('sounds', 'stopped'),
    { hangup: {} },
  ]);
  await call('sounds');
  expect((await callee.result).exitCode).toBe(0);
  const connected = await host.told('sounds', 'connected');
  expect(connected).toMatchObject({ connect_result: 'connected', play_result: 'success' });
  expect([connected.pause_record_call_result, connected.resume_record_call_result]).toEqual(['success', 'success']);
  expect(connected.more).toMatchObject({ prompt_result: 'no_input', record_result: 'no_input', tap_result: 'success' });
  const { record_call_url, stop_record_call_result } = await host.told('sounds', 'stopped');
  expect(stop_record_call_result).toBe('success');
  const file = await stage.download(record_call_url);
  expect(await probe(file)).toMatchObject({ channels: 2 });
  expect((await decode(file)).durationS).toBeGreaterThan(1.2);
});
