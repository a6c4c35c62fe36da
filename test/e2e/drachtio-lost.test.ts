import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControlLine, createControlLine } from '../kit/control-line.ts';
import { partsOf, waitForNoCalls, waitForNoRecordings } from '../kit/leftovers.ts';
import { createOutsideSip } from '../kit/outside-parts.ts';
import { createPhone, type Phone } from '../kit/phone.ts';
import { type Callee, type CalleeOptions, createCallee } from '../kit/sip-callee.ts';
import { type Stage, startStage } from '../kit/stage.ts';

const partyHz = 440;
const peerHz = 900;

let stage: Stage;
let sip: Awaited<ReturnType<typeof createOutsideSip>>;
let line: ControlLine;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  sip = await createOutsideSip();
  await sip.start();
  line = await createControlLine(sip.address);
  stage = await startStage({
    set: { 'sip.drachtio': JSON.stringify([{ address: line.address, secret: sip.secret }]) },
  });
});
afterAll(async () => {
  await stage.close();
  await Promise.all([...opened, line, sip].map((each) => each.close()));
});

const takesCalls = async (how: Omit<CalleeOptions, 'phone'> = {}): Promise<Callee & { readonly phone: Phone }> => {
  const phone = await createPhone({ hz: peerHz });
  const callee = await createCallee({ ...how, phone });
  opened.push(callee, phone);
  return { ...callee, phone };
};

/** One call that is bridged and one that rings, both recorded. */
const callsUnderWay = async (name: string) => {
  const [talks, rings] = [await takesCalls(), await takesCalls({ status: null })];
  const record = (controlId: string) => ({ record_call: { control_id: controlId, status_url: stage.sink.url } });
  stage.host.serve(`${name}-talks`, [record(`${name}-talks`), { connect: talks.uri }]);
  stage.host.serve(`${name}-rings`, [record(`${name}-rings`), { connect: rings.uri }]);
  const [talking, ringing] = [
    await stage.dial(`${name}-talks`, { target: sip.sip }),
    await stage.dial(`${name}-rings`, { target: sip.sip }),
  ];
  const [peer, rung] = [await talks.nextCall(), await rings.nextCall()];
  await Promise.all([talking.phone.waitUntilHears(peerHz), talks.phone.waitUntilHears(partyHz)]);
  await ringing.answered;
  return { talking, ringing, peer, rung };
};

const expectNothingLeft = async (name: string): Promise<void> => {
  for (const what of ['talks', 'rings']) {
    expect((await stage.sink.waitForState(`${name}-${what}`, 'finished')).params.end_reason).toBe('hangup');
  }
  const { rtpengine, redis } = partsOf(stage.server);
  await waitForNoCalls(rtpengine);
  await waitForNoRecordings(redis);
};

test('a connection that breaks ends its calls: recordings are finished, and who can be told is hung up on over the next one', async () => {
  const { talking, ringing, peer, rung } = await callsUnderWay('cut');
  line.cut();
  expect(await Promise.all([talking.ended, ringing.ended])).toEqual(['server', 'server']);
  expect(await Promise.all([peer.ended, rung.ended])).toEqual(['server', 'cancelled']);
  await expectNothingLeft('cut');
});

test('a server that dies takes its calls with it: recordings are finished, and nothing is left', async () => {
  const { talking, ringing } = await callsUnderWay('killed');
  await sip.kill();
  await expectNothingLeft('killed');
  await sip.start();
  // They find out by themselves.
  expect(await Promise.all([talking.hangup(), ringing.hangup()])).toEqual([481, 481]);
});
