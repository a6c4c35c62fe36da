import { createHmac } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { StatusEvent } from '../../../src/recorder/recording/events.ts';
import { eventually } from '../eventually.ts';
import { type HttpEndpoint, type Received, startHttpEndpoint } from '../http-endpoint.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { eventOf, newRecordingId, openParts, type Parts } from './setup.ts';

let server: TestRedis;
const endpoints: HttpEndpoint[] = [];
const opened: Parts[] = [];

beforeAll(async () => {
  server = await startRedis();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((parts) => parts.close()));
  await Promise.all(endpoints.splice(0).map((endpoint) => endpoint.stop()));
  // What one test still owes is not delivered in the next.
  const admin = new Redis(server.url);
  await admin.flushall();
  admin.disconnect();
});
afterAll(() => server.stop());

const open = (options: Parameters<typeof openParts>[1] = {}): Parts => {
  const parts = openParts(server.url, options);
  opened.push(parts);
  parts.deliverer.start();
  return parts;
};

const listen = async (...args: Parameters<typeof startHttpEndpoint>): Promise<HttpEndpoint> => {
  const endpoint = await startHttpEndpoint(...args);
  endpoints.push(endpoint);
  return endpoint;
};

const eventIn = (request: Received): StatusEvent => JSON.parse(request.body.toString()) as StatusEvent;
const stateIn = (request: Received): string => eventIn(request).params.state;

describe('delivery', () => {
  test('goes on after two 500s until a 200, and then stops', async () => {
    let asked = 0;
    const endpoint = await listen((_request, response) => {
      asked += 1;
      response.writeHead(asked <= 2 ? 500 : 200).end('{"ok":true}');
    });
    const { notifier, logged } = open();
    const event = eventOf(newRecordingId(), 'finished');
    expect(await notifier.owe(event, `${endpoint.url}/hook?tenant=7`)).toBe('queued');
    await eventually('three requests', () => endpoint.received.length === 3);
    // A fourth would come within the next back-off.
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(endpoint.received).toHaveLength(3);
    for (const request of endpoint.received) {
      expect(request).toMatchObject({ method: 'POST', path: '/hook?tenant=7' });
      expect(request.headers).toMatchObject({
        'content-type': 'application/json',
        'idempotency-key': event.event_id,
        'user-agent': 'sipreel',
      });
      expect(eventIn(request)).toEqual(event);
      expect(request.headers).not.toHaveProperty('x-signalwire-signature');
    }
    // Only the first failure is worth an operator's attention.
    expect(logged('status event not delivered: it will be tried again')).toHaveLength(1);
  });

  test('goes to the URL of all events too, in an order of its own, whatever becomes of status_url', async () => {
    let asked = 0;
    const all = await listen((_request, response) => {
      asked += 1;
      response.writeHead(asked === 1 ? 500 : 200).end();
    });
    const own = await listen((_request, response) => response.writeHead(500).end());
    const { notifier } = open({ eventsUrl: all.url });
    const [named, unnamed] = [newRecordingId(), newRecordingId()];
    for (const state of ['recording', 'finished'] as const) {
      await notifier.owe(eventOf(named, state), own.url);
      await notifier.owe(eventOf(named, state), own.url);
    }
    await notifier.owe(eventOf(unnamed, 'finished'), undefined);
    await notifier.owe(eventOf(newRecordingId(), 'finished'), all.url);
    const statesOf = (recordingId: string): string[] =>
      all.received.filter((each) => eventIn(each).params.recording_id === recordingId).map(stateIn);
    await eventually('all of them', () => all.received.length === 5 && statesOf(named).length === 3);
    expect([statesOf(named), statesOf(unnamed)]).toEqual([['recording', 'recording', 'finished'], ['finished']]);
    await eventually('status_url to be tried again', () => own.received.length >= 2);
    expect(new Set(own.received.map(stateIn))).toEqual(new Set(['recording']));
  });

  test('is signed over URL and raw body if there is a key', async () => {
    const endpoint = await listen((_request, response) => response.end());
    const { notifier } = open({ signingKey: 'PSK_secret', userAgent: 'sipreel/1.2' });
    const url = `${endpoint.url}/hook?a=%20b`;
    await notifier.owe(eventOf(newRecordingId(), 'recording'), url);
    const request = await eventually('the request', () => endpoint.received[0]);
    const digest = (algorithm: string) =>
      createHmac(algorithm, 'PSK_secret')
        .update(Buffer.concat([Buffer.from(url), request.body]))
        .digest('hex');
    expect(request.headers['x-signalwire-signature']).toBe(digest('sha1'));
    expect(request.headers['x-signalwire-sha256-signature']).toBe(digest('sha256'));
    expect(request.headers['user-agent']).toBe('sipreel/1.2');
  });

  test('sends the credentials of the URL as basic authentication', async () => {
    const endpoint = await listen((_request, response) => response.end());
    const { notifier } = open();
    await notifier.owe(eventOf(newRecordingId(), 'recording'), `http://us%40er:p%3Ass@127.0.0.1:${endpoint.port}/`);
    const request = await eventually('the request', () => endpoint.received[0]);
    expect(request.headers.authorization).toBe(`Basic ${Buffer.from('us@er:p:ss').toString('base64')}`);
  });

  test('happens once, however often the event is owed, also after it was delivered', async () => {
    const endpoint = await listen((_request, response) => response.writeHead(204).end());
    const one = open();
    const two = open();
    const event = eventOf(newRecordingId(), 'finished');
    const owed = Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).notifier.owe(event, endpoint.url));
    expect(new Set(await Promise.all(owed))).toEqual(new Set(['queued']));
    await eventually('the request', () => endpoint.received.length > 0);
    await one.notifier.owe(event, endpoint.url);
    const last = eventOf(newRecordingId(), 'recording');
    await two.notifier.owe(last, endpoint.url);
    await eventually('the event after it', () => endpoint.received.some((r) => eventIn(r).event_id === last.event_id));
    expect(endpoint.received.filter((r) => eventIn(r).event_id === event.event_id)).toHaveLength(1);
  });

  test('treats a redirect as a failure and does not follow it', async () => {
    const trap = await listen((_request, response) => response.end());
    const endpoint = await listen((_request, response) =>
      response.writeHead(307, { location: `${trap.url}/trap` }).end(),
    );
    const { notifier } = open();
    await notifier.owe(eventOf(newRecordingId(), 'finished'), endpoint.url);
    await eventually('two attempts', () => endpoint.received.length >= 2);
    expect(trap.received).toEqual([]);
  });

  test('gives up a server that hangs after the time-out, and tries again', async () => {
    let asked = 0;
    const endpoint = await listen((_request, response) => {
      asked += 1;
      if (asked > 1) response.end();
    });
    const { notifier, logged } = open({ timeoutMs: 300 });
    await notifier.owe(eventOf(newRecordingId(), 'finished'), endpoint.url);
    await eventually('the second attempt', () => endpoint.received.length === 2);
    const [first, second] = endpoint.received;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(290);
    const [line] = logged('status event not delivered: it will be tried again');
    expect(JSON.stringify(line)).toContain('no answer within 300 ms');
  });

  test('takes a 2xx whose body never ends as delivered, without reading on', async () => {
    const endpoint = await listen((_request, response) => {
      response.writeHead(200);
      const more = setInterval(() => response.write(Buffer.alloc(65_536)), 5);
      response.on('close', () => clearInterval(more));
    });
    const { notifier } = open({ timeoutMs: 1_000 });
    const done = eventOf(newRecordingId(), 'recording');
    await notifier.owe(done, endpoint.url);
    await eventually('the request', () => endpoint.received.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(endpoint.received).toHaveLength(1);
  });

  test('ends at the full age of the event, with a line for the operator', async () => {
    const endpoint = await listen((_request, response) => response.writeHead(503).end());
    const { notifier, logged } = open({ maxAgeMs: 600 });
    const event = eventOf(newRecordingId(), 'finished');
    await notifier.owe(event, endpoint.url);
    const line = await eventually('it to be given up', () => logged('status event given up')[0]);
    expect(line).toMatchObject({ event_id: event.event_id, call_id: 'call-1', err: { code: 'status_event_refused' } });
    expect(endpoint.received.length).toBeGreaterThanOrEqual(3);
  });

  test.each([
    ['http://127.0.0.1:9/hook', 'outbound_address_refused'],
    ['http://[::ffff:10.0.0.1]/hook', 'outbound_address_refused'],
    ['ftp://example.com/hook', 'status_url_invalid'],
    ['not a url', 'status_url_invalid'],
  ])('to %s fails for good at once: %s', async (url, code) => {
    const { notifier, logged } = open({ outbound: {} });
    await notifier.owe(eventOf(newRecordingId(), 'finished'), url);
    const line = await eventually('it to be given up', () => logged('status event given up')[0]);
    expect(line).toMatchObject({ attempts: 1, err: { code } });
  });
});

describe('the events of one recording', () => {
  test('arrive in order when they are owed at once', async () => {
    const endpoint = await listen((request, response) => {
      // A slow answer to the first invites the second to overtake.
      setTimeout(() => response.end(), stateIn(request) === 'recording' ? 300 : 0);
    });
    const { notifier } = open();
    const id = newRecordingId();
    await notifier.owe(eventOf(id, 'recording'), endpoint.url);
    await notifier.owe(eventOf(id, 'finished'), endpoint.url);
    await eventually('both', () => endpoint.received.length === 2);
    expect(endpoint.received.map(stateIn)).toEqual(['recording', 'finished']);
  });

  test('arrive in order though the first fails at first', async () => {
    let failures = 0;
    const endpoint = await listen((request, response) => {
      const fail = stateIn(request) === 'recording' && failures < 3;
      if (fail) failures += 1;
      response.writeHead(fail ? 500 : 200).end();
    });
    const { notifier } = open();
    const id = newRecordingId();
    await notifier.owe(eventOf(id, 'recording'), endpoint.url);
    await notifier.owe(eventOf(id, 'no_input'), endpoint.url);
    await eventually('the last', () => endpoint.received.map(stateIn).includes('no_input'));
    expect(endpoint.received.map(stateIn)).toEqual(['recording', 'recording', 'recording', 'recording', 'no_input']);
  });

  test('arrive in order at an endpoint that comes back after the patience has ended', async () => {
    const dead = await listen((_request, response) => response.writeHead(500).end());
    // The first event's own next attempt would be minutes away.
    const { notifier } = open({ patienceMs: 300, timeoutMs: 500, firstRetryMs: 100 });
    const id = newRecordingId();
    await notifier.owe(eventOf(id, 'recording'), dead.url);
    await notifier.owe(eventOf(id, 'finished'), dead.url);
    await eventually('an attempt of each', () => dead.received.map(stateIn).includes('finished'));
    await dead.stop();
    const back = await listen((_request, response) => response.end(), { port: dead.port });
    await eventually('both at the endpoint that is back', () => back.received.length === 2, 15_000);
    expect(back.received.map(stateIn)).toEqual(['recording', 'finished']);
  }, 20_000);

  test('do not hold each other up for ever: an endpoint that refuses the first still gets the last', async () => {
    const endpoint = await listen((request, response) => {
      response.writeHead(stateIn(request) === 'recording' ? 422 : 200).end();
    });
    const { notifier } = open({ patienceMs: 300, timeoutMs: 500 });
    const id = newRecordingId();
    await notifier.owe(eventOf(id, 'recording'), endpoint.url);
    await notifier.owe(eventOf(id, 'error'), endpoint.url);
    await eventually('the last', () => endpoint.received.map(stateIn).includes('error'));
  });

  test('of something else arrive after those that they name', async () => {
    const endpoint = await listen((request, response) => {
      setTimeout(() => response.end(), stateIn(request) === 'playing' ? 300 : 0);
    });
    const { notifier } = open();
    const id = newRecordingId();
    const played = (state: string) => ({
      ...{ event_type: 'calling.call.play', event_channel: 'swml:call-1', event_id: `${id}.${state}`, timestamp: 1 },
      ...{ project_id: '', space_id: '', params: { call_id: 'call-1', state } },
    });
    await notifier.owe(played('playing'), endpoint.url);
    await notifier.owe(played('finished'), endpoint.url, [`${id}.playing`]);
    await notifier.owe(played('finished'), endpoint.url, [`${id}.playing`]);
    await eventually('both', () => endpoint.received.length === 2);
    expect(endpoint.received.map(stateIn)).toEqual(['playing', 'finished']);
  });

  test('of other recordings are not held up', async () => {
    const endpoint = await listen((request, response) => {
      response.writeHead(eventIn(request).params.recording_id === slow ? 500 : 200).end();
    });
    const { notifier } = open();
    const slow = newRecordingId();
    const quick = newRecordingId();
    await notifier.owe(eventOf(slow, 'recording'), endpoint.url);
    await notifier.owe(eventOf(quick, 'recording'), endpoint.url);
    await notifier.owe(eventOf(quick, 'finished'), endpoint.url);
    await eventually('the other recording', () =>
      endpoint.received.some((r) => eventIn(r).event_id === `${quick}.finished`),
    );
  });
});
