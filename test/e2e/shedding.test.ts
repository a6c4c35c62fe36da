import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DialledCall, type Stage, startStage } from '../kit/stage.ts';

let stage: Stage;
/** The one call that goes on from the first test into the second. */
let again: DialledCall;
/** Asked for the script of the number `slow`: it answers when the test says so. */
const slowHost = createServer((_request, response) => void asked.push(response));
const asked: ServerResponse[] = [];

beforeAll(async () => {
  slowHost.listen(0, '127.0.0.1');
  await once(slowHost, 'listening');
  const slow = `http://127.0.0.1:${(slowHost.address() as AddressInfo).port}/`;
  stage = await startStage({
    set: { 'limits.calls': '2', 'limits.recordings': '1' },
    routes: (script) => [
      { to: 'slow', script: slow },
      { to: '*', script },
    ],
  });
});
afterAll(async () => {
  // It has gone down in the last test.
  await stage.abandon();
  slowHost.closeAllConnections();
  slowHost.close();
});

test('more calls than limits.calls get 503 with Retry-After, more recordings fail, and what runs is not harmed', async () => {
  const { host, sink } = stage;
  const record = (control_id: string) => ({ record_call: { control_id, status_url: sink.url } });
  host.serve('first', [record('first'), host.tell('first', 'runs'), { play: 'silence:60' }]);
  host.serve('second', [record('second'), host.tell('second', 'asked'), { play: 'silence:60' }]);
  const first = await stage.dial('first', { hz: 440 });
  await host.told('first', 'runs');
  const second = await stage.dial('second');
  expect(await host.told('second', 'asked')).toMatchObject({ record_call_result: 'failed' });
  const third = await stage.dial('second');
  expect(await third.final).toBe(503);
  expect(third.messages.join('\n')).toMatch(/SIP\/2\.0 503[\s\S]*Retry-After: 5/);
  expect(third.messages.join('\n')).toMatch(/Warning: 399 sipreel .*2 calls are up, and 2 may be/);
  await second.hangup();
  await first.phone.speakFor(0.5);
  await first.hangup();
  const { params } = await sink.waitForState('first', 'finished');
  expect(params.duration).toBeGreaterThan(0.4);
  expect(sink.eventsOf('second')).toEqual([]);
  again = await stage.dial('first');
  await again.answered;
});

test('a call counts from its INVITE on, and one whose script has not come is refused when the server goes down', async () => {
  await expect
    .poll(async () => ((await (await fetch(`${stage.server.http}/healthz`)).json()) as { calls: number }).calls)
    .toBe(1);
  stage.host.serve('first', ['hangup']);
  const [slow, refused] = [await stage.dial('slow'), await stage.dial('slow')];
  expect(await refused.final).toBe(503);
  await expect.poll(() => asked.length).toBe(1);
  const exitCode = stage.server.stop('SIGTERM');
  await stage.server.waitForLog('that it goes down', ({ msg }) => msg === 'going down: no new calls');
  const other = await stage.dial('first');
  expect(await other.final).toBe(503);
  asked[0]?.end('{"sections":{"main":["answer"]}}');
  expect(await slow.final).toBe(503);
  expect(slow.messages.join('\n')).toMatch(/Warning: 399 sipreel .*going down/);
  await again.hangup();
  expect(await exitCode).toBe(0);
});
