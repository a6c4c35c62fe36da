import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { freePort } from '../../../src/embedded/ports.ts';
import { createSip, type Sip, type SipOptions } from '../../../src/switch/sip/server.ts';
import { createControlLine } from '../../kit/control-line.ts';
import { type SipServer, startSipServer } from '../edge/server.ts';
import { eventually } from '../eventually.ts';

const running: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.close();
});

const start = async (servers: SipOptions['servers'], more: Pick<SipOptions, 'pingMs'> = {}) => {
  const lines: { level: number; msg: string; drachtio?: string }[] = [];
  const lost: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) });
  const sip: Sip = createSip({
    servers,
    onInvite: () => undefined,
    onLost: ({ address }) => void lost.push(address),
    answerOptions: { accepting: () => true, showsItself: () => true },
    ...more,
    log,
  });
  running.push(sip);
  const told = (words: string): number => lines.filter(({ msg }) => msg.includes(words)).length;
  return { sip, lost, told, text: () => lines.map((line) => JSON.stringify(line)).join('\n') };
};

const startServer = async (): Promise<SipServer> => {
  const server = await startSipServer();
  running.push(server);
  return server;
};
const configOf = ({ controlPort, secret }: Pick<SipServer, 'controlPort' | 'secret'>) => ({
  address: { host: '127.0.0.1', port: controlPort },
  secret,
});
/** Long enough for several attempts to connect. */
const attemptsMs = 2500;

test('one server is enough; another that is not there is told once, and is no hindrance at the end', async () => {
  const [server, nobody] = [await startServer(), await freePort('tcp')];
  const { sip, told, lost } = await start([
    { ...configOf(server), address: { host: '127.0.0.1', port: nobody } },
    configOf(server),
  ]);
  await sip.start(5000);
  await sleep(attemptsMs);
  expect(sip.servers()).toEqual([
    { address: `127.0.0.1:${nobody}`, ok: false },
    { address: `127.0.0.1:${server.controlPort}`, ok: true },
  ]);
  expect(sip.hostports()).toContain(`udp/127.0.0.1:${server.sipPort}`);
  expect([told('is away'), told('connected')]).toEqual([1, 1]);
  const asked = await sip.ask(
    { uri: `sip:127.0.0.1:${nobody};transport=tcp`, from: '<sip:a@localhost>' },
    { timeoutMs: 2000, signal: new AbortController().signal },
  );
  expect(asked).toEqual({ status: 503, fromNetwork: false });

  sip.close();
  sip.close();
  expect(lost).toEqual([]);
  // Nothing goes on: who comes to the place of the one that was away is not called.
  let calls = 0;
  const late = createServer(() => calls++);
  running.push(late);
  await new Promise<void>((resolve) => late.listen(nobody, '127.0.0.1', resolve));
  await sleep(attemptsMs);
  expect(calls).toBeLessThanOrEqual(1);
});

test('a wrong secret is told once, whatever the number of attempts, and the start says which server it was', async () => {
  const server = await startServer();
  const { sip, told, text } = await start([{ ...configOf(server), secret: 'wrong' }]);
  await expect(sip.start(attemptsMs)).rejects.toThrow(
    `no drachtio-server took us in within 2500 ms (127.0.0.1:${server.controlPort})`,
  );
  expect(told('refused us'), text()).toBe(1);
  expect(sip.servers()[0]?.ok).toBe(false);
});

test('a server that goes down in order is lost like one that dies', async () => {
  const server = await startServer();
  const { sip, told, lost } = await start([configOf(server)]);
  await sip.start(5000);
  await server.close();
  await eventually('it to be told', () => lost.length > 0);
  expect([lost, told('is away'), sip.hostports()]).toEqual([[`127.0.0.1:${server.controlPort}`], 1, []]);
  expect(
    await sip.ask(
      { uri: 'sip:127.0.0.1:9', from: '<sip:a@b>' },
      { timeoutMs: 500, signal: new AbortController().signal },
    ),
  ).toBeUndefined();
});

test('a server that vanishes without a word is lost when it does not answer pings, and is used again', async () => {
  const server = await startServer();
  const line = await createControlLine(`127.0.0.1:${server.controlPort}`);
  running.push(line);
  const [host = '', port] = line.address.split(':');
  const pingMs = 100;
  const servers = [{ ...configOf(server), address: { host, port: Number(port) } }];
  const { sip, lost, told, text } = await start(servers, { pingMs });
  await sip.start(5000);
  // One that answers is left alone.
  await sleep(8 * pingMs);
  expect(lost, text()).toEqual([]);
  line.hang();
  await eventually('it to be lost', () => lost.length === 1);
  expect(text()).toContain('no answer to 3 pings');
  await eventually('it to be back', () => told('connected') === 2);
  await sleep(8 * pingMs);
  expect([lost.length, told('is away')]).toEqual([1, 1]);
});
