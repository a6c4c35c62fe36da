import { join, parse } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTrack } from '../../src/recorder/spool/read-track.ts';
import { parseRtp } from '../../src/rtp/packet.ts';
import { createPhone, type Phone } from '../kit/phone.ts';
import { createCallee } from '../kit/sip-callee.ts';
import type { OnRequest } from '../kit/sip-dialog.ts';
import { headerOf } from '../kit/sip-message.ts';
import { type DialledCall, type Stage, startStage } from '../kit/stage.ts';
import { joined, keyFrequencies, keyTone, silence } from '../sound/dtmf.ts';
import { goertzelDb } from '../sound/tone.ts';

const relay = 'application/dtmf-relay';
const promptHz = 700;
const prompted = ['prompt_result', 'prompt_value', 'prompt_digit_terminator'];

let stage: Stage;
const phones: Phone[] = [];

beforeAll(async () => {
  stage = await startStage({
    set: { 'scripts.envs': '{greeting: hello}', 'digits.inband': 'true', 'data.keep_spool': 'true' },
  });
});
afterAll(async () => {
  await stage.close();
  await Promise.all(phones.map((phone) => phone.close()));
});

/** Somebody who hears a tap. */
const listener = async (): Promise<Phone & { readonly uri: string }> => {
  const phone = await createPhone({ hz: 0 });
  phones.push(phone);
  return { ...phone, uri: `rtp://${phone.address}:${phone.port}` };
};

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The events of a type that were posted, in order of their coming. */
const postsOf = (type: string, callId: string) =>
  stage.sink.posts.flatMap(({ json }) => {
    const params = json?.params as Record<string, unknown> | undefined;
    return json?.event_type === `calling.call.${type}` && params?.call_id === callId ? [params] : [];
  });

const posted = (type: string, callId: string, state: string) =>
  stage.sink.waitFor(`${type} ${state}`, ({ json }) => {
    const params = json?.params as Record<string, unknown> | undefined;
    return json?.event_type === `calling.call.${type}` && params?.call_id === callId && params.state === state;
  });

describe.concurrent('prompt', () => {
  test('collects digits in every way, each once, stops its sound for the first, and takes none from a recording', async () => {
    const { host, sink } = stage;
    const tell = (what: string) => host.tell('prompts', what, prompted);
    const quiet = { play: 'silence:0', digit_timeout: 1.2, initial_timeout: 1.2 };
    host.serve('prompts', [
      { record_call: { control_id: 'prompts', status_url: sink.url, terminators: '9' } },
      { prompt: { play: host.toneUrl(promptHz, 20), max_digits: 3, status_url: sink.url } },
      tell('three'),
      { prompt: quiet },
      tell('none'),
      { prompt: { ...quiet, max_digits: 4 } },
      tell('twice'),
      { prompt: { ...quiet, max_digits: 4 } },
      tell('tones'),
      { prompt: { ...quiet, max_digits: 4, terminators: '#*', initial_timeout: 20 } },
      tell('terminator'),
      { prompt: { ...quiet, initial_timeout: 20 } },
      tell('nine'),
      { play: 'silence:0.2' },
    ]);
    const { phone, info, callId, messages, ended } = await stage.dial('prompts');
    const id = await stage.callIdOf({ callId, messages } as DialledCall);
    await phone.waitUntilHears(promptHz);
    await phone.sendDigit('1');
    await phone.waitUntilSilentAt(promptHz, { timeoutMs: 1000, forMs: 100 });
    await phone.sendDigit('2');
    await phone.sendDigit('3');
    expect((await host.told('prompts', 'three')).more).toEqual({
      prompt_result: 'match_digits',
      prompt_value: '123',
      prompt_digit_terminator: '',
    });
    // The last packets of the last digit came when this one had begun.
    expect((await host.told('prompts', 'none')).more).toMatchObject({ prompt_result: 'no_input', prompt_value: '' });
    await Promise.all([phone.sendDigit('4'), info('Signal=4\r\nDuration=160', relay)]);
    expect((await host.told('prompts', 'twice')).more).toMatchObject({ prompt_value: '4' });
    await phone.play(joined(silence(60), keyTone('7', { ms: 100 }), silence(60)));
    await info('Signal=8\r\nDuration=160', relay);
    expect((await host.told('prompts', 'tones')).more).toMatchObject({ prompt_value: '78' });
    await phone.sendDigit('5');
    await phone.sendDigit('#');
    expect((await host.told('prompts', 'terminator')).more).toMatchObject({
      prompt_value: '5',
      prompt_digit_terminator: '#',
    });
    expect(sink.eventsOf('prompts').map(({ params }) => params.state)).toEqual(['recording']);
    await phone.sendDigit('9');
    expect((await host.told('prompts', 'nine')).more).toMatchObject({ prompt_value: '9' });
    expect((await sink.waitForState('prompts', 'finished')).params.end_reason).toBe('terminator');
    await ended;
    await posted('collect', id, 'finished');
    expect(postsOf('collect', id)).toMatchObject([
      { state: 'finished', final: true, result: { type: 'digit', params: { digits: '123', terminator: '' } } },
    ]);
  });

  test('ends at once when the caller hangs up, and one that can not be played is failed', async () => {
    const { host, sink, server } = stage;
    host.serve('gone', [
      { prompt: { play: `${host.origin}/nothing/here.wav` } },
      host.tell('gone', 'failed', prompted),
      { prompt: { play: host.toneUrl(promptHz, 20), status_url: sink.url } },
      host.tell('gone', 'never'),
    ]);
    const call = await stage.dial('gone');
    const id = await stage.callIdOf(call);
    expect((await host.told('gone', 'failed')).more).toMatchObject({ prompt_result: 'failed' });
    await call.phone.waitUntilHears(promptHz);
    const askedAt = Date.now();
    await call.hangup();
    const { time } = await server.waitForLog('the end', ({ msg, call_id }) => msg === 'call ended' && call_id === id);
    expect(Date.parse(String(time)) - askedAt, 'ms from BYE to the end').toBeLessThan(500);
    await posted('collect', id, 'error');
    expect(host.allTold('gone')).toEqual(['failed']);
  });
});

describe.concurrent('send_digits', () => {
  const script = (number: string) => [
    { record_call: { direction: 'listen' } },
    { send_digits: '1wA#' },
    stage.host.tell(number, 'sent', ['send_digits_result', 'envs.greeting']),
    { play: stage.host.toneUrl(promptHz, 1) },
  ];

  test('sends events that a phone takes for keys, with three ends each, and sound goes on after them', async () => {
    stage.host.serve('keys', script('keys'));
    const { phone, ended } = await stage.dial('keys');
    const told = await stage.host.told('keys', 'sent');
    expect(told.more).toEqual({ send_digits_result: 'success', 'envs.greeting': 'hello' });
    await phone.waitUntilHears(promptHz);
    await ended;
    expect(phone.heardDigits()).toBe('1A#');
    const events = phone.arrivals().filter(({ payloadType }) => payloadType === 101);
    const starts = [...new Set(events.map(({ timestamp }) => timestamp))];
    const packetsOf = (start: number) => events.filter(({ timestamp }) => timestamp === start).length;
    expect(starts.map(packetsOf)).toEqual([10, 10, 10]);
    const [first = 0, second = 0] = starts;
    // A key, its pause and half a second: 13 frames and 25.
    expect((second - first) >>> 0).toBe(38 * 160);
    expect(new Set(phone.arrivals().map(({ ssrc }) => ssrc)).size, 'sources').toBe(1);
    // What the party hears is captured as it was sent.
    const recordingId = parse(new URL(told.record_call_url).pathname).name;
    let captured = 0;
    for await (const packets of readTrack(join(stage.server.dataDir, 'spool', recordingId), 'listen'))
      captured += packets.filter(({ datagram }) => parseRtp(datagram)?.payloadType === 101).length;
    expect(captured, 'event packets in the spool').toBe(30);
  });

  test('sends tones to a phone that takes no events', async () => {
    stage.host.serve('tones', script('tones'));
    const { phone, ended } = await stage.dial('tones', {
      sdp: (own) => own.replace(/ 101\r/, '\r').replace(/a=(rtpmap|fmtp):101.*\r\n/g, ''),
    });
    await stage.host.told('tones', 'sent');
    await ended;
    const heard = phone.heard();
    const loudest = (hz: number): number => {
      let most = Number.NEGATIVE_INFINITY;
      for (let at = 0; at + 800 <= heard.length; at += 400)
        most = Math.max(most, goertzelDb(heard.subarray(at, at + 800), 8000, hz));
      return most;
    };
    for (const hz of [...keyFrequencies('1'), ...keyFrequencies('A'), ...keyFrequencies('#')])
      expect(loudest(hz), `${hz} Hz`).toBeGreaterThan(-16);
    expect(loudest(852), 'a tone of another key').toBeLessThan(-30);
  });
});

test.concurrent('tap copies each direction or both, in its codec, through a bridge, until it is stopped or the call ends', async () => {
  const { host, sink } = stage;
  const peer = await createPhone({ hz: 900, codec: 'PCMA' });
  phones.push(peer);
  const callee = await createCallee({ phone: peer });
  const [speak, listen, both] = await Promise.all([listener(), listener(), listener()]);
  const names = ['tap_result', 'tap_uri', 'tap_control_id', 'tap_rtp_src_port', 'tap_codec', 'stop_tap_result'];
  const tap = (uri: string, more: object) => ({ tap: { uri, status_url: sink.url, ...more } });
  host.serve('taps', [
    tap(speak.uri, { control_id: 'speak', codec: 'PCMA' }),
    tap(listen.uri, { control_id: 'listen', direction: 'listen' }),
    host.tell('taps', 'two', names),
    tap(both.uri, { control_id: 'both', direction: 'both' }),
    tap(both.uri, { control_id: 'both' }),
    host.tell('taps', 'twice', names),
    { play: host.toneUrl(promptHz, 1.5) },
    { stop_tap: 'speak' },
    { stop_tap: 'speak' },
    host.tell('taps', 'stopped', names),
    { connect: callee.uri },
  ]);
  const call = await stage.dial('taps');
  const id = await stage.callIdOf(call);
  const told = await host.told('taps', 'two');
  expect(told.more).toMatchObject({ tap_result: 'success', tap_uri: listen.uri, tap_control_id: 'listen' });
  expect((await host.told('taps', 'twice')).more.tap_result).toBe('failed');
  await Promise.all([
    speak.waitUntilHears(440),
    listen.waitUntilHears(promptHz),
    both.waitUntilHears(440).then(() => both.waitUntilHears(promptHz)),
  ]);
  expect((await host.told('taps', 'stopped')).more.stop_tap_result).toBe('failed');
  await speak.waitUntilSilentAt(440);
  const leg = await callee.nextCall();
  await Promise.all([listen.waitUntilHears(900), both.waitUntilHears(900, { forMs: 600 })]);
  await both.waitUntilHears(440);
  await leg.hangup();
  await call.ended;
  await callee.close();
  expect(new Set(speak.arrivals().map(({ payloadType }) => payloadType))).toEqual(new Set([8]));
  for (const phone of [listen, both]) {
    expect(new Set(phone.arrivals().map(({ payloadType }) => payloadType))).toEqual(new Set([0]));
  }
  for (const hz of [promptHz, 900]) expect(speak.heardDb(hz), 'of others in what the party says').toBeLessThan(-50);
  expect(listen.heardDb(440), 'of the party in what it hears').toBeLessThan(-50);
  expect(new Set(both.arrivals().map(({ ssrc }) => ssrc)).size, 'sources of the mix').toBe(1);
  for (const controlId of ['speak', 'listen', 'both']) {
    await stage.sink.waitForState(controlId, 'finished');
    expect(postsOf('tap', id).filter(({ control_id }) => control_id === controlId)).toMatchObject([
      { state: 'tapping', device: { type: 'rtp', params: { addr: '127.0.0.1', ptime: 20 } } },
      { state: 'finished', tap: { params: { direction: controlId } } },
    ]);
  }
});

describe.concurrent('sip_refer', () => {
  const names = ['sip_refer_result', 'sip_refer_to', 'sip_refer_response_code', 'sip_refer_to_response_code'];
  const to = 'sip:alice@192.0.2.7';

  const refer = async (number: string, onRequest: OnRequest, more: object = {}) => {
    const { host, sink } = stage;
    host.serve(number, [
      { sip_refer: { to_uri: to, status_url: sink.url, ...more } },
      host.tell(number, 'referred', names),
      { play: host.toneUrl(promptHz, 0.5) },
    ]);
    return stage.dial(number, { onRequest });
  };

  const notify = (call: DialledCall, state: string, body: string) =>
    call.request('NOTIFY', {
      headers: { Event: 'refer', 'Subscription-State': state },
      body,
      type: 'message/sipfrag;version=2.0',
    });

  test('waits for what the far end says, and the script goes on', async () => {
    const call = await refer('referred', ({ method }) => (method === 'REFER' ? { status: 202 } : undefined));
    const id = await stage.callIdOf(call);
    await expect.poll(() => call.requests.some(({ method }) => method === 'REFER')).toBe(true);
    const request = call.requests.find(({ method }) => method === 'REFER');
    expect(request && headerOf(request, 'refer-to')).toBe(`<${to}>`);
    expect((await notify(call, 'active;expires=60', 'SIP/2.0 100 Trying')).status).toBe(200);
    await sleep(100);
    expect(stage.host.allTold('referred')).toEqual([]);
    expect((await notify(call, 'terminated;reason=noresource', 'SIP/2.0 200 OK')).status).toBe(200);
    expect((await stage.host.told('referred', 'referred')).more).toEqual({
      sip_refer_result: 'success',
      sip_refer_to: to,
      sip_refer_response_code: '202',
      sip_refer_to_response_code: '200',
    });
    await call.phone.waitUntilHears(promptHz);
    await posted('refer', id, 'success');
    expect(postsOf('refer', id).map(({ state }) => state)).toEqual(['inProgress', 'success']);
    await call.ended;
    expect(
      (await stage.server.waitForLog('the end', ({ msg, call_id }) => msg === 'call ended' && call_id === id)).result,
    ).toBe('completed');
  });

  test('that is refused is a result, with a digest where one is asked for', async () => {
    const challenge = { 'WWW-Authenticate': 'Digest realm="pbx.example", nonce="f84f1cec41e6cbe5aea9"' };
    const proofs: string[] = [];
    const call = await refer(
      'refused',
      (request) => {
        if (request.method !== 'REFER') return undefined;
        proofs.push(headerOf(request, 'authorization'));
        return proofs.length === 1 ? { status: 401, headers: challenge } : { status: 603 };
      },
      { username: 'sipreel', password: 'secret' },
    );
    expect((await stage.host.told('refused', 'referred')).more).toMatchObject({
      sip_refer_result: 'failed',
      sip_refer_response_code: '603',
      sip_refer_to_response_code: '',
    });
    expect(proofs).toEqual(['', expect.stringMatching(/^Digest username="sipreel".*response="[0-9a-f]{32}"/)]);
    await call.ended;
  });

  test('ends with the call, also while nobody says anything', async () => {
    const call = await refer('silent', ({ method }) => (method === 'REFER' ? { status: 202 } : undefined));
    const id = await stage.callIdOf(call);
    await posted('refer', id, 'inProgress');
    await call.hangup();
    await stage.server.waitForLog('the end', ({ msg, call_id }) => msg === 'call ended' && call_id === id, 1000);
    expect(stage.host.allTold('silent')).toEqual([]);
  });
});

test.concurrent('play tells its status_url, rings once, and user_event is told to whoever listens', async () => {
  const { host, sink, server } = stage;
  host.serve('plays', [
    { play: { urls: [host.toneUrl(promptHz, 0.4), 'silence:0.1'], loop: 2, volume: -10, status_url: sink.url } },
    { play: { url: `${host.origin}/nothing.wav`, status_url: sink.url } },
    { user_event: { event: { step: 'ringing', greeting: `$${'{envs.greeting}'}` } } },
    host.tell('plays', 'rings'),
    { play: 'ring:gb' },
    host.tell('plays', 'rang'),
  ]);
  const call = await stage.dial('plays');
  const id = await stage.callIdOf(call);
  const [rings, rang] = [await host.told('plays', 'rings'), await host.told('plays', 'rang')];
  expect(rang.atMs - rings.atMs, 'ms of one British ring, its pause included').toBeGreaterThan(2950);
  expect(rang.atMs - rings.atMs).toBeLessThan(3400);
  await call.ended;
  await posted('play', id, 'error');
  const states = postsOf('play', id);
  expect(states.map(({ state }) => state).sort()).toEqual(['error', 'finished', 'playing', 'playing']);
  const told = await server.waitForLog('the event', ({ msg, call_id }) => msg === 'user event' && call_id === id);
  expect(told.event).toEqual({ step: 'ringing', greeting: 'hello' });
});
