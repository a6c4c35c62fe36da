import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createOutboundDispatcher, hostPortOf, type OutboundOptions } from '../../../src/net/address-guard.ts';
import { type HttpEndpoint, startHttpEndpoint } from '../http-endpoint.ts';

let endpoint: HttpEndpoint;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  endpoint = await startHttpEndpoint((_request, response) => response.end('hello'));
});
afterAll(() => endpoint.stop());
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const get = async (url: string, options: OutboundOptions = {}): Promise<string> => {
  const dispatcher = createOutboundDispatcher(options);
  closers.push(() => dispatcher.destroy());
  const answer = await request(url, { dispatcher, signal: AbortSignal.timeout(5_000) });
  return answer.body.text();
};

/** A resolver whose names are what the test says: what a hostile DNS server can answer. */
const resolver =
  (...answers: string[]): LookupFunction =>
  (_hostname, options, callback) => {
    const found: LookupAddress[] = answers.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const [first] = found;
    if (options.all === true) return callback(null, found);
    callback(null, first?.address ?? '', first?.family);
  };

describe('a request to a URL from outside', () => {
  test('is refused if the URL has a private address, before a connection is made', async () => {
    const before = endpoint.received.length;
    await expect(get(`${endpoint.url}/x`)).rejects.toMatchObject({
      code: 'outbound_address_refused',
      message: '127.0.0.1 is a private address; http_out.allow_private is false',
    });
    expect(endpoint.received).toHaveLength(before);
  });

  test.each([
    'http://[::1]:9/',
    'http://[::ffff:127.0.0.1]:9/',
    'http://2130706433:9/',
    'http://0x7f.1:9/',
    'https://10.0.0.1/',
  ])('is refused however the address is written: %s', async (url) => {
    await expect(get(url)).rejects.toMatchObject({ code: 'outbound_address_refused' });
  });

  test('is refused if the name resolves to private addresses alone', async () => {
    const lookup = resolver('127.0.0.1', '::1');
    await expect(get(`http://inside.example:${endpoint.port}/`, { lookup })).rejects.toMatchObject({
      code: 'outbound_address_refused',
      message: 'inside.example is the private address 127.0.0.1, ::1; http_out.allow_private is false',
    });
  });

  test('is refused for localhost as the system resolves it', async () => {
    await expect(get(`http://localhost:${endpoint.port}/`)).rejects.toMatchObject({ code: 'outbound_address_refused' });
  });

  test('never connects to the private one of several addresses', async () => {
    // TEST-NET has no host to connect to: what counts is that 127.0.0.1, where one listens, is not tried instead.
    const before = endpoint.received.length;
    const lookup = resolver('127.0.0.1', '192.0.2.1');
    await expect(get(`http://mixed.example:${endpoint.port}/`, { lookup, connectTimeoutMs: 200 })).rejects.toThrow();
    expect(endpoint.received).toHaveLength(before);
  });

  test('is looked at again for each connection, so a name cannot change behind the check', async () => {
    const answers = ['127.0.0.1', '10.9.9.9'];
    const seen: string[] = [];
    const lookup: LookupFunction = (hostname, options, callback) => {
      const answer = answers[Math.min(seen.length, 1)] ?? '';
      seen.push(answer);
      resolver(answer)(hostname, options, callback);
    };
    await expect(get(`http://rebinding.example:${endpoint.port}/`, { lookup })).rejects.toMatchObject({
      code: 'outbound_address_refused',
    });
    // One look-up: what was checked is what would have been connected to.
    expect(seen).toEqual(['127.0.0.1']);
  });

  test('reaches private addresses if the configuration allows it', async () => {
    expect(await get(endpoint.url, { allowPrivate: true })).toBe('hello');
    expect(await get(`http://localhost:${endpoint.port}/`, { allowPrivate: true })).toBe('hello');
  });

  test('reaches an allowed host, by its name or its name and port', async () => {
    const lookup = resolver('127.0.0.1');
    const url = `http://Hooks.Internal:${endpoint.port}/`;
    expect(await get(url, { lookup, allowHosts: ['hooks.internal'] })).toBe('hello');
    expect(await get(url, { lookup, allowHosts: [`HOOKS.internal:${endpoint.port}`] })).toBe('hello');
    expect(await get(endpoint.url, { allowHosts: [`127.0.0.1:${endpoint.port}`] })).toBe('hello');
    // What a server's own URL lets in is its own port alone: other things listen there too.
    expect(await get(url, { lookup, allowHosts: [hostPortOf(new URL(url))] })).toBe('hello');
    for (const own of ['http://hooks.internal/', 'https://hooks.internal/', 'http://hooks.internal:80']) {
      await expect(get(url, { lookup, allowHosts: [hostPortOf(new URL(own))] })).rejects.toThrow(/private address/);
    }
    await expect(get(url, { lookup, allowHosts: ['hooks.internal:1', 'internal'] })).rejects.toMatchObject({
      code: 'outbound_address_refused',
    });
  });

  test('fails with the resolver when the name does not resolve', async () => {
    const lookup: LookupFunction = (_hostname, _options, callback) =>
      callback(Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.example'), { code: 'ENOTFOUND' }), '');
    await expect(get('http://nowhere.example/', { lookup })).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});
