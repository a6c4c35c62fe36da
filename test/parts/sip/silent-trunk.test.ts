import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askOptions } from '../../../src/switch/sip/ask.ts';
import { hunt } from '../../../src/switch/sip/hunt.ts';
import { dialOut } from '../../../src/switch/sip/outbound-leg.ts';
import { createTrunkProbes } from '../../../src/switch/sip/trunk-probes.ts';
import { createUdpPhone, headerOf, type RawPhone, rawResponse } from '../edge/raw-phone.ts';
import { type SipServer, startSipServer } from '../edge/server.ts';
import { connectApplication, SDP, type SrfApplication } from '../edge/srf-application.ts';

const responseTimeoutMs = 400;
const log = pino({ level: 'silent' });
let server: SipServer;
let application: SrfApplication;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await startSipServer();
  application = await connectApplication(server);
});

afterAll(async () => {
  for (const close of closers) await close();
  application.close();
  await server.close();
});

const carrier = async (): Promise<RawPhone> => {
  const phone = await createUdpPhone(server.sipPort);
  closers.push(phone.close);
  return phone;
};

/** A probe of each, which they all answer; and a call that goes to one after the other. */
const dialFirstOf = async (carriers: readonly RawPhone[]) => {
  const from = '<sip:a@localhost>';
  const trunks = carriers.map(({ port }) => ({ name: `trunk ${port}`, uri: `sip:127.0.0.1:${port}`, from }));
  let told = 0;
  const probes = createTrunkProbes({
    trunks: trunks.map((trunk) => ({
      ...trunk,
      ...{ probe: { intervalMs: 60_000, timeoutMs: 5000, failures: 3 }, responseTimeoutMs },
    })),
    ask: (trunk, limit) => askOptions(application.srf, trunk, limit).finally(() => told++),
    log,
  });
  probes.start();
  closers.push(probes.close);
  for (const phone of carriers) phone.send(rawResponse(await phone.next('OPTIONS'), '200 OK'));
  await expect.poll(() => told).toBe(carriers.length);
  return hunt({
    targets: trunks.map(({ name, uri }) => ({ uri, from, headers: {}, trunk: name })),
    timeoutMs: 20_000,
    offer: async () => SDP,
    take: () => ({ release: () => undefined }),
    isSilent: probes.isSilent,
    dial: (target, how) =>
      dialOut({
        ...how,
        ...{ srf: application.srf, target, maxForwards: 70, maxMessageBytes: 10_000, log },
        onEarlyMedia: () => undefined,
        sessionTimer: { expiresS: 0, minS: 90 },
        media: { answer: async () => SDP, offer: async () => SDP, accept: async () => undefined },
        onInfo: async () => ({ status: 200 }),
      }),
    onRinging: () => undefined,
    onEnd: () => undefined,
    onNext: () => undefined,
    log,
  });
};

const answer = (phone: RawPhone, invite: string): void =>
  phone.send(
    rawResponse(invite, '200 OK', [`Contact: <sip:raw@127.0.0.1:${phone.port}>`, 'Content-Type: application/sdp'], SDP),
  );

test('a trunk that answers neither INVITE nor OPTIONS is passed over in seconds; what it says later is ended', async () => {
  const [answersLate, ringsLate, good] = [await carrier(), await carrier(), await carrier()];
  const leg = await dialFirstOf([answersLate, ringsLate, good]);
  const startedAt = performance.now();
  const first = await answersLate.next('INVITE');
  await answersLate.next('OPTIONS');
  const second = await ringsLate.next('INVITE');
  answer(good, await good.next('INVITE'));
  expect(await leg.outcome).toMatchObject({ answered: true });
  expect(performance.now() - startedAt).toBeLessThan(10 * responseTimeoutMs);

  answer(answersLate, first);
  const ack = await answersLate.next('ACK');
  expect(headerOf(await answersLate.next('BYE'), 'call-id')).toBe(headerOf(ack, 'call-id'));
  ringsLate.send(rawResponse(second, '180 Ringing'));
  await ringsLate.next('CANCEL');
  ringsLate.send(rawResponse(second, '487 Request Terminated'));
  await good.next('ACK');
  const over = leg.end();
  good.send(rawResponse(await good.next('BYE'), '200 OK'));
  await over;
});

test('a trunk that takes long for a call and answers OPTIONS is waited for', async () => {
  const [slow, other] = [await carrier(), await carrier()];
  const leg = await dialFirstOf([slow, other]);
  const invite = await slow.next('INVITE');
  slow.send(rawResponse(await slow.next('OPTIONS'), '200 OK'));
  await sleep(2 * responseTimeoutMs);
  answer(slow, invite);
  expect(await leg.outcome).toMatchObject({ answered: true });
  await slow.next('ACK');
  expect(other.received.filter((text) => text.startsWith('INVITE'))).toEqual([]);
  const over = leg.end();
  slow.send(rawResponse(await slow.next('BYE'), '200 OK'));
  await over;
});
