import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../src/embedded/ports.ts';
import { createPhone, type Phone, type PhoneOptions } from '../kit/phone.ts';
import { type Callee, type CalleeOptions, createCallee } from '../kit/sip-callee.ts';
import { headerOf } from '../kit/sip-message.ts';
import { type Stage, startStage } from '../kit/stage.ts';

/** The tones: whoever hears one knows who speaks. */
const partyHz = 440;
const peerHz = 900;

type Carrier = Callee & { readonly phone: Phone };
const carriers: Carrier[] = [];
const takesCalls = async (how: Omit<CalleeOptions, 'phone'> = {}, sound: Partial<PhoneOptions> = {}) => {
  const phone = await createPhone({ hz: peerHz, ...sound });
  const carrier = { ...(await createCallee({ ...how, phone })), phone };
  carriers.push(carrier);
  return carrier;
};

let stage: Stage;
/** Both take +1...: the second over TCP, with PCMA alone. */
let first: Carrier;
let second: Carrier;
/** +2... goes to a port where nobody is, then to one that is out of order, then to one that takes one call. */
let broken: Carrier;
let last: Carrier;
/** What the first one asks for, as RFC 8760 does. */
const login = { username: 'sipreel', password: 'secret' };
const probe = { interval: '200ms', timeout: '200ms', failures: 2 };

beforeAll(async () => {
  [first, second, broken, last] = await Promise.all([
    takesCalls({ digest: { ...login, modern: true } }),
    takesCalls({ transport: 'tcp' }, { codec: 'PCMA' }),
    takesCalls({ status: 503, earlyMedia: true }),
    takesCalls(),
  ]);
  last.answerOptions(null);
  const trunk = (name: string, { address: { host, port } }: Pick<Callee, 'address'>, outbound: object) => ({
    name,
    outbound: { address: `${host}:${port}`, ...outbound },
  });
  const nobody = { address: { host: '127.0.0.1', port: await freePort('tcp') } };
  const numbers = (prefix: string) => ({ numbers: [{ prefix }] });
  stage = await startStage({
    set: {
      trunks: JSON.stringify([
        trunk('first', first, { ...numbers('+1'), ...login, probe }),
        trunk('second', second, {
          ...numbers('+1'),
          ...{ probe, transport: 'tcp', from: '+4930123', from_domain: 'sip.example', codecs: ['PCMA'] },
        }),
        trunk('nobody', nobody, { ...numbers('+2'), transport: 'tcp', probe: { interval: '0s' } }),
        trunk('broken', broken, { ...numbers('+2'), probe: { interval: '0s' } }),
        trunk('last', last, { ...numbers('+2'), max_calls: 1, probe }),
      ]),
    },
  });
});

afterAll(async () => {
  await stage.close();
  await Promise.all(carriers.map((carrier) => carrier.close().then(carrier.phone.close)));
});

const logged = (msg: RegExp, trunk: string, times: number) =>
  expect
    .poll(() => stage.server.logs.filter((line) => msg.test(line.msg ?? '') && line.trunk === trunk).length)
    .toBe(times);

test('a trunk that does not answer OPTIONS gets no calls: the next one does, as it wants them, until the first is back', async () => {
  stage.host.serve('1', [{ connect: '+15550001' }, stage.host.tell('1', 'over')]);
  const party = await stage.dial('1');
  await (await first.nextCall()).hangup();
  await stage.host.told('1', 'over');
  await party.hangup();

  first.answerOptions(null);
  await logged(/^the trunk is down/, 'first', 1);
  const readiness = await fetch(`${stage.server.http}/readyz`);
  expect([readiness.status, await readiness.json()]).toMatchObject([200, { ok: true, away: ['trunk first'] }]);
  const other = await stage.dial('1');
  const leg = await second.nextCall();
  await other.phone.waitUntilHears(peerHz);
  await second.phone.waitUntilHears(partyHz);
  expect(leg.invite.uri).toBe(`sip:+15550001@127.0.0.1:${second.address.port};transport=tcp`);
  expect(headerOf(leg.invite, 'via')).toContain('SIP/2.0/TCP');
  expect(headerOf(leg.invite, 'from')).toContain('<sip:+4930123@sip.example>');
  // Offered what the trunk is for, though the party has PCMU; and keys as events.
  expect(/^m=audio \d+ RTP\/AVP (.*)$/m.exec(leg.invite.body)?.[1]?.trim()).toBe('8 101');
  await leg.hangup();
  await other.hangup();

  first.answerOptions(404);
  await logged(/^the trunk is up again/, 'first', 1);
  const again = await stage.dial('1');
  await (await first.nextCall()).hangup();
  await again.hangup();
  expect([first.calls.length, second.calls.length]).toEqual([2, 1]);
});

test('where no trunk is up the script is told so, and a trunk that answers 503 is down at once', async () => {
  first.answerOptions(503);
  second.answerOptions(null);
  await logged(/^the trunk is down/, 'first', 2);
  await logged(/^the trunk is down/, 'second', 1);
  stage.host.serve('2', [{ connect: '+15550002' }, stage.host.tell('2', 'over')]);
  await (await stage.dial('2')).answered;
  expect(await stage.host.told('2', 'over')).toMatchObject({
    connect_result: 'failed',
    connect_failed_reason: 'unavailable',
  });
  expect(stage.server.logText()).toMatch(/no trunk for .* answers OPTIONS: down are first, second/);
});

test('an INVITE that a trunk does not take goes to the next one, and its early media is over', async () => {
  // That one has never answered OPTIONS, and gets calls all the same.
  await logged(/^the trunk has never answered OPTIONS/, 'last', 1);
  stage.host.serve('3', [{ connect: '+25550003' }, stage.host.tell('3', 'over')]);
  const party = await stage.dial('3');
  const leg = await last.nextCall();
  await leg.acknowledged;
  broken.phone.stop();
  await last.phone.waitUntilHears(partyHz);
  await party.phone.waitUntilHears(peerHz);
  const passed = stage.server.logs.filter(({ msg }) => msg?.startsWith('the trunk takes no call'));
  expect(passed.map(({ trunk, status, next }) => `${trunk} ${status} ${next}`)).toEqual([
    'nobody 503 broken',
    'broken 503 last',
  ]);
  // That one has all the calls now that it may have.
  stage.host.serve('4', [{ connect: '+25550004' }, stage.host.tell('4', 'over')]);
  await (await stage.dial('4')).answered;
  expect(await stage.host.told('4', 'over')).toMatchObject({ connect_failed_reason: 'unavailable' });
  await leg.hangup();
  expect(await stage.host.told('3', 'over')).toMatchObject({ connect_result: 'connected' });
  const free = await stage.dial('3');
  await (await last.nextCall()).hangup();
  await free.hangup();
});
