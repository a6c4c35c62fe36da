import { afterAll, beforeAll, expect, test } from 'vitest';
import { callsIn } from '../kit/leftovers.ts';
import { createOutsideRtpengine, createOutsideSip, type OutsidePart } from '../kit/outside-parts.ts';
import { createPhone, type Phone } from '../kit/phone.ts';
import { type Callee, createCallee } from '../kit/sip-callee.ts';
import { headerOf } from '../kit/sip-message.ts';
import { type DialledCall, type Stage, startStage } from '../kit/stage.ts';
import { eventually } from '../parts/eventually.ts';

let stage: Stage;
let callee: Callee & { readonly phone: Phone };
let engines: readonly [OutsidePart, OutsidePart];
let sips: readonly [Awaited<ReturnType<typeof createOutsideSip>>, Awaited<ReturnType<typeof createOutsideSip>>];

beforeAll(async () => {
  const phone = await createPhone({ hz: 900 });
  callee = { ...(await createCallee({ phone })), phone };
  engines = [await createOutsideRtpengine(), await createOutsideRtpengine()];
  sips = [await createOutsideSip(), await createOutsideSip()];
  for (const part of [...engines, ...sips]) await part.start();
  stage = await startStage({
    set: {
      'rtpengine.servers': JSON.stringify(engines.map(({ address }) => address)),
      'rtpengine.timeout': '500ms',
      'sip.drachtio': JSON.stringify(sips.map(({ address, secret }) => ({ address, secret }))),
    },
  });
  stage.host.serve('1', ['answer', { play: 'silence:60' }]);
});

afterAll(async () => {
  await stage.close();
  await callee.close();
  await callee.phone.close();
  await Promise.all([...engines, ...sips].map((part) => part.close()));
});

const dial = async (by: 0 | 1, number = '1'): Promise<DialledCall> => {
  const made = await stage.dial(number, { target: sips[by].sip });
  await made.answered;
  return made;
};

const readiness = async () => {
  const response = await fetch(`${stage.server.http}/readyz`);
  const { ok, away } = (await response.json()) as { ok: boolean; away: string[] };
  return { status: response.status, ok, away };
};

/** How many calls each rtpengine has. */
const spread = (): Promise<number[]> =>
  Promise.all(
    engines.map(async ({ address }) => {
      const [host = '', port] = address.split(':');
      return (await callsIn({ host, port: Number(port) })).length;
    }),
  );

const timesLogged = (msg: string, part: string): number =>
  stage.server.logs.filter((line) => line.msg?.startsWith(msg) && [line.rtpengine, line.drachtio].includes(part))
    .length;

test('calls are spread over the rtpengines; one that dies costs no call that comes, and is used again when it is back', async () => {
  const [one, other] = engines;
  const before = [await dial(0), await dial(1)];
  expect(await spread()).toEqual([1, 1]);
  await Promise.all(before.map((call) => call.hangup()));

  await one.kill();
  // At once: those who would have got it have another one after its time-out.
  const meanwhile = await Promise.all([dial(0), dial(0), dial(1)]);
  await eventually(
    'the log to tell it',
    () => timesLogged('rtpengine does not answer: no new calls', one.address) === 1,
  );
  expect(await readiness()).toEqual({ status: 200, ok: true, away: [`rtpengine ${one.address}`] });
  const startedAt = performance.now();
  meanwhile.push(await dial(0));
  expect(performance.now() - startedAt, 'ms until a call was answered by what is known').toBeLessThan(400);
  await Promise.all(meanwhile.map((call) => call.hangup()));

  await one.start();
  await eventually('it to be known', () => timesLogged('rtpengine answers', one.address) === 2);
  const after = [await dial(0), await dial(1)];
  expect(await spread()).toEqual([1, 1]);
  await Promise.all(after.map((call) => call.hangup()));
  expect([timesLogged('rtpengine does not answer', other.address), (await readiness()).away]).toEqual([0, []]);
});

test('a drachtio-server that dies ends its calls alone, recorded to there; the other goes on, and it is used again', async () => {
  const [one, other] = sips;
  const { host, sink, server } = stage;
  const record = { record_call: { control_id: 'lost', status_url: sink.url } };
  host.serve('2', [record, host.tell('2', 'begun'), { play: 'silence:60' }]);
  host.serve('3', [{ connect: callee.uri }]);
  const stays = await dial(1);
  const lost = await stage.dial('2', { target: one.sip });
  await host.told('2', 'begun');
  const lostId = await stage.callIdOf(lost);

  await one.kill();
  const end = await server.waitForLog('its end', (line) => line.msg === 'call ended' && line.call_id === lostId);
  expect(end).toMatchObject({ result: 'failed', reason: `the drachtio-server ${one.address} is away` });
  expect((await sink.waitForState('lost', 'finished')).params.end_reason).toBe('hangup');
  expect(timesLogged('the drachtio-server is away', one.address)).toBe(1);
  expect(await readiness()).toEqual({ status: 200, ok: true, away: [`drachtio ${one.address}`] });

  // What is called goes out by the server of the call.
  const connected = await dial(1, '3');
  const leg = await callee.nextCall();
  expect(headerOf(leg.invite, 'via')).toContain(`:${other.sip.port};`);
  await connected.phone.waitUntilHears(900);
  await leg.hangup();
  expect(await connected.ended).toBe('server');
  expect(await stays.hangup()).toBe(200);

  await other.kill();
  await eventually('it to be known', async () => !(await readiness()).ok);
  expect((await readiness()).status).toBe(503);
  for (const [index, sip] of sips.entries()) {
    await sip.start();
    await eventually(
      `server ${index} to take calls`,
      () => timesLogged('connected to the drachtio', sip.address) === 2,
    );
  }
  expect(await readiness()).toEqual({ status: 200, ok: true, away: [] });
  for (const by of [0, 1] as const) expect(await (await dial(by)).hangup()).toBe(200);
  expect(sips.map(({ address }) => timesLogged('the drachtio-server is away', address))).toEqual([1, 1]);
  // The caller who was lost finds out by its own BYE.
  expect(await lost.hangup()).toBe(481);
});
