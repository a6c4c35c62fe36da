import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../../src/embedded/ports.ts';
import { askOptions } from '../../../src/switch/sip/ask.ts';
import { dialOut } from '../../../src/switch/sip/outbound-leg.ts';
import { drachtioBin, type SipServer, startSipServer } from '../edge/server.ts';
import { connectApplication, SDP, type SrfApplication } from '../edge/srf-application.ts';

/** Timer B is 64 times that: 1.3 s in place of 32 s. drachtio-server takes it from its own configuration only. */
const t1Ms = 20;
let server: SipServer;
let application: SrfApplication;
/** A port that takes everything and says nothing. */
const silent = createSocket('udp4');

beforeAll(async () => {
  server = await startSipServer({ t1Ms });
  application = await connectApplication(server);
  silent.bind(0, '127.0.0.1');
  await once(silent, 'listening');
});

afterAll(async () => {
  application.close();
  silent.close();
  await server.close();
});

const dial = (uri: string) =>
  dialOut({
    srf: application.srf,
    target: { uri, from: '<sip:a@localhost>', headers: {} },
    sdp: SDP,
    timeoutMs: 20_000,
    maxForwards: 70,
    maxMessageBytes: 10_000,
    onEarlyMedia: () => undefined,
    sessionTimer: { expiresS: 0, minS: 90 },
    onEnd: () => undefined,
    media: { answer: async () => SDP, offer: async () => SDP, accept: async () => undefined },
    onInfo: async () => ({ status: 200 }),
    log: pino({ level: 'silent' }),
  }).outcome;

test.skipIf(drachtioBin)('an INVITE that nobody says a word to may go elsewhere', async () => {
  const outcome = await dial(`sip:1@127.0.0.1:${silent.address().port}`);
  expect(outcome).toMatchObject({ answered: false, status: 408, elsewhere: true });
});

test('so may one to a port where nobody is', async () => {
  const outcome = await dial(`sip:1@127.0.0.1:${await freePort('tcp')};transport=tcp`);
  expect(outcome).toMatchObject({ answered: false, status: 503, elsewhere: true });
});

test('an OPTIONS without an answer is given up in its time, or when nobody wants to know any more', async () => {
  const uri = `sip:127.0.0.1:${silent.address().port}`;
  const ask = (timeoutMs: number, signal: AbortSignal) =>
    askOptions(application.srf, { uri, from: '<sip:a@localhost>' }, { timeoutMs, signal });
  const startedAt = performance.now();
  const none = { status: 0, fromNetwork: false };
  expect(await ask(200, new AbortController().signal)).toEqual(none);
  expect(await ask(20_000, AbortSignal.timeout(100))).toEqual(none);
  expect(performance.now() - startedAt).toBeLessThan(1000);
});
