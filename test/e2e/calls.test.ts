import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRtpengine } from '../../src/rtpengine/rtpengine.ts';
import { type DecodedFile, decode, describe as describeFile, levelsDb, toneSpan } from '../kit/files.ts';
import { partsOf } from '../kit/leftovers.ts';
import { createPhone } from '../kit/phone.ts';
import type { ScriptStep } from '../kit/script-host.ts';
import { runSipp } from '../kit/sip-caller.ts';
import { type DialledCall, type DialOptions, type Stage, startStage } from '../kit/stage.ts';

const spokenHz = 440;
const heardHz = 1040;
const strangerHz = 700;
/** A tone of the kit is at -10.5 dBFS; this far below there is something else. */
const presentDb = -12;
const transports = ['udp', 'tcp'] as const;

let stage: Stage;
let dir: string;

/** 12 kB, in headers that are each of a usual size. */
const ballast = Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`X-Ballast-${i}`, 'b'.repeat(500)]));

const misspelt = `version: 1.0.0
sections:
  main:
    - play: silence:1
    - recrod_call:
        format: mp3
`;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipreel-scripts-'));
  await writeFile(join(dir, 'misspelt.yaml'), misspelt);
  await writeFile(join(dir, 'cut.yaml'), 'sections:\n  main:\n    - play: "silence\n');
  stage = await startStage({
    routes: (hostUrl) => [
      ...['missing', 'misspelt', 'cut'].map((name) => ({ to: name, script: join(dir, `${name}.yaml`) })),
      { to: 'call-*', script: hostUrl },
    ],
  });
});

afterAll(async () => {
  await stage.close();
  await rm(dir, { recursive: true, force: true });
});

const record = (control_id: string, more: Readonly<Record<string, unknown>> = {}): ScriptStep => ({
  record_call: { control_id, stereo: true, status_url: stage.sink.url, ...more },
});

const downloadOf = async (controlId: string, timeoutMs?: number): Promise<{ sound: DecodedFile; story: string }> => {
  const { params } = await stage.sink.waitForState(controlId, 'finished', timeoutMs);
  const file = await stage.download(params.url);
  return { sound: await decode(file), story: await describeFile(file, [spokenHz, heardHz]) };
};

/** The log line of the call of which this is said. */
const logOf = async (made: DialledCall, msg: string) => {
  const callId = await stage.callIdOf(made);
  return stage.server.waitForLog(`"${msg}" of ${callId}`, (line) => line.msg === msg && line.call_id === callId);
};

/** A call that records for as long as the caller hears a tone; gives what is in the file. */
const recordedCall = async (number: string, options: DialOptions) => {
  const { host } = stage;
  host.serve(number, [record(number), { play: host.toneUrl(heardHz, 1.5) }, { stop_record_call: {} }]);
  const made = await stage.dial(number, { hz: spokenHz, ...options });
  await made.answered;
  expect(await made.ended).toBe('server');
  return { made, ...(await downloadOf(number)) };
};

const expectBothVoices = (sound: DecodedFile, story: string): void => {
  for (const [channel, hz] of [spokenHz, heardHz].entries()) {
    const span = toneSpan(sound, channel, hz);
    expect(span, `${hz} Hz is not in channel ${channel}; ${story}`).toBeDefined();
    const levels = levelsDb(sound, channel, hz, (span?.fromS ?? 0) + 0.1, (span?.toS ?? 0) - 0.1);
    expect(levels.length, story).toBeGreaterThan(3);
    expect(Math.min(...levels), `${hz} Hz breaks off in channel ${channel}; ${story}`).toBeGreaterThan(presentDb);
  }
};

describe.concurrent.each(transports)('over %s', (transport) => {
  test.each(['PCMU', 'PCMA'] as const)(
    'a call in %s is answered, recorded, and ended with its script',
    async (codec) => {
      const { sound, story, made } = await recordedCall(`call-${transport}-${codec}`, { transport, codec });
      expectBothVoices(sound, story);
      expect(await logOf(made, 'call ended')).toMatchObject({ result: 'completed' });
    },
  );

  test('an INVITE without SDP gets an offer in the 200, and what the ACK answers is recorded', async () => {
    const { sound, story } = await recordedCall(`call-${transport}-late-offer`, { transport, sdp: null });
    expectBothVoices(sound, story);
  });

  test.each([
    ['a number that no route is for', 404, 'nobody', 0],
    ['a script that is not there', 500, 'missing', 0],
    ['a script that its server does not have', 500, 'call-nobody', 0],
    ['a script with a mistake', 500, 'misspelt', 0],
    ['no codec that can be used', 488, 'call-codec', 3],
  ])('%s is refused with %i', async (_, status, to, payloadType) => {
    stage.host.serve('call-codec', [record('never')]);
    const target = stage.server.sip;
    await runSipp({ scenario: `expect-${status}`, target, to, transport, callers: [{ payloadType }] });
  });

  test.each(['call-for-seconds', 'invite-without-sdp', 'reinvite-hold', 'cancel-before-answer'])(
    "SIPp's %s is what it gets",
    async (scenario) => {
      const number = `call-${transport}-${scenario}`;
      stage.host.serve(number, [
        ...(scenario.startsWith('cancel') ? [{ sleep: 10_000 }] : []),
        record(number),
        { play: 'silence:30' },
      ]);
      await runSipp({ scenario, target: stage.server.sip, to: number, transport, pauseMs: 500 });
    },
  );

  test.each([
    ['headers', { headers: ballast }],
    ['an SDP', { sdp: (own: string) => own + 'a=ballast\r\n'.repeat(1_100) }],
  ])('an INVITE over 11 kB by its %s is refused with 513, and the next call works', async (what, large) => {
    const number = `call-${transport}-after-${what.replace(' ', '-')}`;
    stage.host.serve(number, [record(number), { play: 'silence:0.5' }]);
    const refused = await stage.dial(number, { transport, ...large });
    expect(await refused.final).toBe(513);
    const next = await stage.dial(number, { transport });
    await next.answered;
    expect(await next.ended).toBe('server');
    await stage.sink.waitForState(number, 'finished');
  });
});

describe.concurrent('a refused call', () => {
  test.each([
    ['misspelt', 'misspelt.yaml:5:7: sections.main[1].recrod_call', 'record_call'],
    ['cut', 'cut.yaml:4:', 'quote'],
    ['missing', 'missing.yaml', 'ENOENT'],
  ])('tells in the log where its script %s is wrong', async (number, place, why) => {
    const made = await stage.dial(number);
    expect(await made.final).toBe(500);
    const { err } = await logOf(made, 'call refused');
    const { message } = err as { message: string };
    expect(message).toContain(place);
    expect(message).toContain(why);
  });
});

describe.concurrent('a call that ends before its script', () => {
  test('by CANCEL before it is answered gets 487, and its script ends', async () => {
    const { host } = stage;
    const number = 'call-cancelled';
    host.serve(number, [host.tell(number, 'begun'), { sleep: 20_000 }, record(number), host.tell(number, 'after')]);
    const made = await stage.dial(number);
    await host.told(number, 'begun');
    expect(await made.cancel()).toBe(200);
    expect(await made.final).toBe(487);
    expect(await logOf(made, 'call ended')).toMatchObject({ result: 'cancelled' });
    expect(host.allTold(number)).toEqual(['begun']);
    expect(stage.sink.eventsOf(number)).toEqual([]);
  });

  test("by the caller's BYE ends its script and finishes its recordings", async () => {
    const { host, sink } = stage;
    const number = 'call-hung-up';
    host.serve(number, [
      ...[record(number), record(`${number}-2`, { format: 'mp3' }), host.tell(number, 'begun')],
      ...[{ play: 'silence:20' }, host.tell(number, 'after')],
    ]);
    const made = await stage.dial(number, { hz: spokenHz });
    await host.told(number, 'begun');
    await made.phone.speakFor(1);
    expect(await made.hangup()).toBe(200);
    for (const id of [number, `${number}-2`]) {
      const { params } = await sink.waitForState(id, 'finished');
      expect(params.end_reason).toBe('hangup');
      expect(params.duration).toBeGreaterThan(0.8);
      const { sound, story } = await downloadOf(id);
      expect(Math.min(...levelsDb(sound, 0, spokenHz, 0.1, -0.1)), story).toBeGreaterThan(presentDb);
    }
    expect(await logOf(made, 'call ended')).toMatchObject({ result: 'caller_hung_up' });
    expect(host.allTold(number)).toEqual(['begun']);
  });

  test('by hangup of the script itself ends with its reason, answered or not', async () => {
    const reasons = { hangup: 480, busy: 486, decline: 603 };
    for (const [reason, status] of Object.entries(reasons)) {
      stage.host.serve(`call-${reason}`, [{ hangup: { reason } }]);
      expect(await (await stage.dial(`call-${reason}`)).final).toBe(status);
    }
    stage.host.serve('call-answered', [
      record('call-answered'),
      { play: 'silence:0.5' },
      { hangup: {} },
      record('never'),
    ]);
    const answered = await stage.dial('call-answered');
    await answered.answered;
    expect(await answered.ended).toBe('server');
    await stage.sink.waitForState('call-answered', 'finished');
  });
});

describe.concurrent('re-INVITE', () => {
  test('hold, and back from another port, are all in one recording', async () => {
    const { host } = stage;
    const number = 'call-held';
    host.serve(number, [record(number), { play: host.toneUrl(heardHz, 20) }]);
    const made = await stage.dial(number, { hz: spokenHz });
    const { phone } = made;
    await made.answered;
    await phone.waitUntilHears(heardHz);
    const hold = await made.reinvite(phone.sdp('sendonly'));
    expect(hold.status).toBe(200);
    expect(hold.sdp).toContain('a=recvonly');
    await phone.speakFor(0.5);
    phone.stop();

    const other = await createPhone({ hz: 700 });
    const back = await made.reinvite(other.sdp());
    expect(back.status).toBe(200);
    expect(back.sdp).toContain('a=sendrecv');
    other.startSending(back.rtp.address, back.rtp.port);
    await other.waitUntilHears(heardHz, { forMs: 1000 });
    expect(await made.hangup()).toBe(200);
    other.stop();
    await other.close();

    const { sound } = await downloadOf(number);
    const tones = [spokenHz, 700, heardHz];
    const file = await stage.download((await stage.sink.waitForState(number, 'finished')).params.url);
    const story = await describeFile(file, tones);
    // A tone that begins or breaks off has a little of every frequency.
    const before = toneSpan(sound, 0, spokenHz, -20);
    const after = toneSpan(sound, 0, 700, -20);
    expect(before, story).toBeDefined();
    expect(after, story).toBeDefined();
    expect(after?.fromS, story).toBeGreaterThan((before?.toS ?? 0) - 0.05);
    expect((after?.toS ?? 0) - (after?.fromS ?? 0), story).toBeGreaterThan(0.8);
    const heard = toneSpan(sound, 1, heardHz);
    expect(Math.min(...levelsDb(sound, 1, heardHz, (heard?.fromS ?? 0) + 0.1, -0.1)), story).toBeGreaterThan(presentDb);
  });

  test('without an offer gets the one that stands', async () => {
    const number = 'call-asked-again';
    stage.host.serve(number, [record(number), { play: 'silence:10' }]);
    const made = await stage.dial(number);
    const { rtp } = await made.answered;
    const again = await made.reinvite(null);
    expect(again).toMatchObject({ status: 200, rtp });
    await made.phone.speakFor(0.5);
    expect(await made.hangup()).toBe(200);
    const { sound, story } = await downloadOf(number);
    expect(Math.min(...levelsDb(sound, 0, spokenHz, 0.1, -0.1)), story).toBeGreaterThan(presentDb);
  });

  test('that offers nothing usable is refused, and the call goes on', async () => {
    const number = 'call-bad-offer';
    stage.host.serve(number, [record(number), { play: 'silence:10' }]);
    const made = await stage.dial(number);
    await made.answered;
    const refused = await made.reinvite(made.phone.sdp().replace('RTP/AVP 0', 'RTP/AVP 3'));
    expect(refused.status).toBe(488);
    await made.phone.speakFor(0.5);
    expect(await made.hangup()).toBe(200);
    const { sound, story } = await downloadOf(number);
    expect(Math.min(...levelsDb(sound, 0, spokenHz, 0.1, -0.1)), story).toBeGreaterThan(presentDb);
  });
});

describe('RTP from a stranger', () => {
  /** The ports of a call in rtpengine. */
  const portsOf = async (callId: string): Promise<number[]> => {
    const { rtpengine: address } = partsOf(stage.server);
    const rtpengine = createRtpengine({ address, log: pino({ level: 'silent' }) });
    try {
      const reply = JSON.stringify(await rtpengine.command('query', { 'call-id': callId }));
      return [...new Set([...reply.matchAll(/"local port":(\d+)/g)].map(([, port]) => Number(port)))];
    } finally {
      rtpengine.close();
    }
  };

  test("to the ports of the copies and of the prompts neither takes the caller's sound away nor adds to it", async () => {
    const { host } = stage;
    const number = 'call-stranger';
    host.serve(number, [record(number), { play: host.toneUrl(heardHz, 20) }]);
    const made = await stage.dial(number, { hz: spokenHz });
    const { rtp } = await made.answered;
    await made.phone.waitUntilHears(heardHz);
    // The caller's own ports are left out: there rtpengine has to learn where a caller behind NAT sends from.
    const ports = (await portsOf(await stage.callIdOf(made))).filter((port) => port >> 1 !== rtp.port >> 1);
    expect(ports.length, 'ports of the prompts and of two copies, RTP and RTCP each').toBe(6);
    const strangers = await Promise.all(ports.map(() => createPhone({ hz: strangerHz })));
    for (const [i, stranger] of strangers.entries()) stranger.startSending(rtp.address, ports[i] ?? 0);
    await Promise.all(strangers.map((stranger) => stranger.speakFor(1)));
    expect(made.phone.heardDb(strangerHz), 'the stranger, as the caller hears it').toBeLessThan(-60);
    expect(await made.hangup()).toBe(200);
    expect(strangers.map((stranger) => stranger.arrivals().length)).toEqual(strangers.map(() => 0));
    await Promise.all(strangers.map((stranger) => stranger.close()));

    const { sound, story } = await downloadOf(number);
    expectBothVoices(sound, story);
    for (const channel of [0, 1]) {
      expect(Math.max(...levelsDb(sound, channel, strangerHz, 0.2, -0.1)), `in ${channel}; ${story}`).toBeLessThan(-60);
    }
  });
});
