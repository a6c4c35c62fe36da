import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorize, challengesIn } from '../kit/digest.ts';
import { runSipp } from '../kit/sip-caller.ts';
import { headerOf } from '../kit/sip-message.ts';
import { askOnce } from '../kit/sip-request.ts';
import { type DialledCall, type DialOptions, type Stage, startStage } from '../kit/stage.ts';

/** Where trunks call from: all of 127.0.0.0/8 is this machine. */
const open = '127.0.0.2';
const locked = '127.0.0.3';
const limited = '127.0.0.4';
const slow = '127.0.0.5';
/** A device that knows MD5 alone and looks at the first challenge only, as SIPp does. */
const old = '127.0.0.6';
const login = { username: 'pbx', password: 'secret' };

/** Retry-After and Warning of the last response that a call has got. */
const refusalOf = (call: DialledCall): { retryAfter: string; warning: string } => {
  const last = call.messages.findLast((each) => /\nSIP\/2\.0 [3-6]/.test(each)) ?? '';
  const value = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'im').exec(last)?.[1]?.trim() ?? '';
  return { retryAfter: value('Retry-After'), warning: value('Warning') };
};

/** Rejections of calls that are meant to be refused are looked at by their status. */
const quietly = async (stage: Stage, number: string, how: DialOptions = {}): Promise<DialledCall> => {
  const call = await stage.dial(number, how);
  call.answered.catch(() => undefined);
  return call;
};

describe('with trunks that are told by address and by password', () => {
  let stage: Stage;
  const dial = (number: string, how: DialOptions = {}) => quietly(stage, number, how);

  beforeAll(async () => {
    const MD5 = createHash('md5').update('old:sip.example:secret').digest('hex');
    stage = await startStage({
      set: {
        'sip.digest': JSON.stringify({ realm: 'sip.example', nonce_lifetime: '4s' }),
        trunks: JSON.stringify([
          { name: 'open', addresses: [open] },
          { name: 'locked', addresses: [locked], inbound: { auth: login, realm: 'locked.example' } },
          { name: 'limited', addresses: [limited], inbound: { max_calls: 1 } },
          { name: 'old', addresses: [old], inbound: { auth: { username: 'old', ha1: { MD5 } } } },
          { name: 'slow', addresses: [slow], inbound: { max_cps: 0.5 } },
          { name: 'roaming', inbound: { auth: login } },
        ]),
      },
      routes: (url) => [
        ...['open', 'locked', 'roaming'].map((trunk) => ({ to: '1*', trunk, script: url })),
        { to: '2*', script: url },
        { to: '1000', trunk: 'old', script: url },
      ],
    });
    for (const number of ['1000', '2000', '2001']) stage.host.serve(number, ['answer', { play: 'silence:60' }]);
  });
  afterAll(() => stage.close());

  test('a trunk is known by its address, and its routes are its own', async () => {
    const call = await dial('1000', { source: open });
    await call.answered;
    expect(await call.hangup()).toBe(200);
    const line = stage.server.logs.find(({ msg, sip_call_id }) => msg === 'INVITE' && sip_call_id === call.callId);
    expect(line).toMatchObject({ trunk: 'open', source: open });
  });

  test.each(['SHA-256', 'MD5'])('a trunk without an address is known by its user: %s', async (algorithm) => {
    const asked = await dial('1000');
    expect(await asked.final).toBe(401);
    const challenges = challengesIn(asked.messages);
    expect(challenges.map((each) => [each.realm, each.algorithm, each.qop, each.stale])).toEqual([
      ['sip.example', 'SHA-256', 'auth', undefined],
      ['sip.example', 'MD5', 'auth', undefined],
    ]);
    const challenge = challenges.find((each) => each.algorithm === algorithm) ?? {};
    const call = await dial('1000', { headers: { Authorization: authorize(challenge, login) } });
    await call.answered;
    await call.hangup();
    // Whoever has heard it can't use it again, nor with the next count.
    const replayed = await dial('1000', { headers: { Authorization: authorize(challenge, login) } });
    expect(await replayed.final).toBe(401);
    expect(challengesIn(replayed.messages).map(({ stale }) => stale)).toEqual(['true', 'true']);
    const guessed = await dial('1000', {
      headers: { Authorization: authorize(challenge, login).replace('nc=00000001', 'nc=00000002') },
    });
    expect(await guessed.final).toBe(403);
  });

  test('a trunk with an MD5 hash is asked for MD5 alone, and SIPp proves itself over UDP and TCP', async () => {
    for (const transport of ['udp', 'tcp'] as const) {
      await runSipp({
        scenario: 'call-with-digest',
        target: stage.server.sip,
        transport,
        pauseMs: 100,
        args: ['-i', old, '-au', 'old', '-ap', 'secret'],
      });
    }
  });

  test('a nonce that is too old is asked for again, and told to be stale', async () => {
    const asked = await dial('1000', { source: locked });
    expect(await asked.final).toBe(401);
    const [challenge = {}] = challengesIn(asked.messages);
    expect(challenge.realm).toBe('locked.example');
    let nc = 0;
    await expect
      .poll(
        async () => {
          const headers = { Authorization: authorize(challenge, login, { nc: ++nc }) };
          const call = await dial('1000', { source: locked, headers });
          if ((await call.final) === 200) await call.hangup();
          else return challengesIn(call.messages)[0]?.stale;
          return 'not yet';
        },
        { timeout: 10_000, interval: 500 },
      )
      .toBe('true');
  });

  test('wrong credentials are refused, and told once however often they come', async () => {
    const asked = await dial('1000');
    await asked.final;
    const [challenge = {}] = challengesIn(asked.messages);
    const wrong = { headers: { Authorization: authorize(challenge, { ...login, password: 'guess' }) } };
    const nobody = { headers: { Authorization: authorize(challenge, { ...login, username: 'nobody' }) } };
    const calls = await Promise.all([wrong, nobody, wrong, wrong, nobody].map((how) => dial('1000', how)));
    expect(await Promise.all(calls.map((call) => call.final))).toEqual([403, 403, 403, 403, 403]);
    // Nobody learns which half was wrong.
    expect(new Set(calls.map((call) => refusalOf(call).warning)).size).toBe(1);
    const told = stage.server.logs.filter(({ msg }) => msg === 'INVITE with wrong credentials: refused');
    expect(told, stage.server.logText()).toHaveLength(1);
    expect(stage.server.logText()).not.toContain('guess');
  });

  test('more calls than a trunk may have get 503, however those before end: BYE, CANCEL, a refusal', async () => {
    const full = async (): Promise<void> => {
      const more = await dial('2000', { source: limited });
      expect(await more.final).toBe(503);
      expect(refusalOf(more)).toMatchObject({ retryAfter: '5', warning: expect.stringContaining('max_calls') });
    };
    const first = await dial('2000', { source: limited });
    await first.answered;
    await full();
    await first.hangup();
    // The script of nobody: 5xx or 4xx.
    expect(await (await dial('2404', { source: limited })).final).toBeGreaterThanOrEqual(400);
    stage.host.serve('2002', [{ sleep: 60_000 }]);
    const rings = await dial('2002', { source: limited });
    await stage.callIdOf(rings);
    await full();
    expect(await rings.cancel()).toBe(200);
    expect(await rings.final).toBe(487);
    const last = await dial('2001', { source: limited });
    await last.answered;
    await last.hangup();
  });

  test('new calls that come too fast get 503, and are told when to come again', async () => {
    const first = await dial('2000', { source: slow });
    await first.answered;
    await first.hangup();
    const second = await dial('2000', { source: slow });
    expect(await second.final).toBe(503);
    const { retryAfter, warning } = refusalOf(second);
    expect(['1', '2']).toContain(retryAfter);
    expect(warning).toContain('max_cps');
  });

  test('OPTIONS says what can be called here, to whoever asks', async () => {
    for (const source of [open, '127.0.0.1']) {
      const answer = await askOnce(stage.server.sip, 'OPTIONS', { source });
      expect(answer?.status).toBe(200);
      expect(answer && [headerOf(answer, 'allow'), headerOf(answer, 'accept')]).toEqual([
        expect.stringMatching(/INVITE.*BYE/),
        'application/sdp',
      ]);
    }
  });
});

test('with a trunk that is told by its address, others are refused with 403 and told once', async () => {
  const stage = await startStage({ set: { trunks: JSON.stringify([{ name: 'open', addresses: [open] }]) } });
  try {
    stage.host.serve('1000', ['answer', { play: 'silence:60' }]);
    for (let calls = 0; calls < 3; calls++) {
      const call = await quietly(stage, '1000');
      expect(await call.final).toBe(403);
      expect(refusalOf(call).warning).toContain('no trunk has the address 127.0.0.1');
    }
    const told = stage.server.logs.filter(({ msg }) => msg?.startsWith('INVITE'));
    expect(told.map(({ msg, source }) => `${msg} ${source}`)).toEqual([
      'INVITE from an address of no trunk: refused 127.0.0.1',
    ]);
    await (await stage.dial('1000', { source: open })).answered;
  } finally {
    await stage.close();
  }
});

test('who is to be ignored gets nothing but the 100 of the SIP server, and can cancel', async () => {
  const stage = await startStage({
    set: { trunks: JSON.stringify([{ name: 'open', addresses: [open] }]), 'sip.unknown_source': 'ignore' },
  });
  try {
    stage.host.serve('1000', ['answer', { play: 'silence:60' }]);
    const [ignored, taken, options] = await Promise.all([
      quietly(stage, '1000'),
      stage.dial('1000', { source: open }),
      askOnce(stage.server.sip, 'OPTIONS', { withinMs: 1500 }),
    ]);
    await taken.answered;
    expect(options).toBeUndefined();
    expect(await Promise.race([ignored.final, 'nothing'])).toBe('nothing');
    expect(ignored.provisional.filter((status) => status !== 100)).toEqual([]);
    expect((await askOnce(stage.server.sip, 'OPTIONS', { source: open }))?.status).toBe(200);
    expect(await ignored.cancel()).toBe(200);
    expect(await ignored.final).toBe(487);
  } finally {
    await stage.close();
  }
});
