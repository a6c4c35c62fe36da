import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createPhone, type Phone } from '../../kit/phone.ts';
import { createCallee } from '../../kit/sip-callee.ts';
import { type CallOptions, call, type UaCall } from '../../kit/sip-ua.ts';
import { eventually } from '../eventually.ts';
import { farEndHz, type SampleApp, startSampleApp } from './sample-app.ts';

let app: SampleApp;
let dataDir: string;
let phone: Phone;
const calls: UaCall[] = [];

const dial = async (to: string, options: Partial<CallOptions> = {}): Promise<UaCall> => {
  const placed = await call({ target: app.parts.sip, phone, to, ...options });
  calls.push(placed);
  return placed;
};

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sipreel-kit-'));
  app = await startSampleApp(dataDir);
});

afterAll(async () => {
  await app.close();
  await rm(dataDir, { recursive: true, force: true });
});

afterEach(async () => {
  await Promise.all(calls.splice(0).map((placed) => placed.close()));
  await phone.close();
  app.farEnd.stop();
  expect(app.errors).toEqual([]);
});

describe.each(['udp', 'tcp'] as const)('a scripted call over %s', (transport) => {
  test('is answered with a place for its sound, which reaches both ends, and is hung up', async () => {
    phone = await createPhone({ hz: 440 });
    const placed = await dial('1000', { transport, headers: { 'X-Test': 'yes' } });
    const answer = await placed.answered;
    expect(answer.status).toBe(200);
    expect(answer.sdp).toContain(`m=audio ${answer.rtp.port} `);
    await Promise.all([app.farEnd.waitUntilHears(440), phone.waitUntilHears(farEndHz)]);
    expect(await placed.hangup()).toBe(200);
    expect(await placed.ended).toBe('caller');
    expect(placed.messages.join('\n')).toContain('X-Test: yes');
  });

  test('that is refused is acknowledged and rejects with its messages', async () => {
    phone = await createPhone({ hz: 440 });
    const placed = await dial('404', { transport });
    expect(await placed.final).toBe(404);
    expect(await placed.ended).toBe('refused');
    await expect(placed.answered).rejects.toThrow(/refused with 404\n--- [\d.]+ s -> .*\nINVITE sip:404@/);
    expect(placed.messages.at(-1)).toContain('ACK sip:404@');
  });

  test('that is cancelled while it rings ends with 487', async () => {
    phone = await createPhone({ hz: 440 });
    const placed = await dial('ring', { transport });
    await eventually('180', () => placed.provisional.includes(180));
    expect(await placed.cancel()).toBe(200);
    expect(await placed.final).toBe(487);
  });

  test('that the server ends hears its BYE', async () => {
    phone = await createPhone({ hz: 440 });
    const placed = await dial('bye', { transport });
    await placed.answered;
    expect(await placed.ended).toBe('server');
    expect(placed.requests.map(({ method }) => method)).toEqual(['BYE']);
  });

  test('carries re-INVITE and INFO', async () => {
    phone = await createPhone({ hz: 440 });
    const placed = await dial('1000', { transport });
    await placed.answered;
    const hold = await placed.reinvite(phone.sdp('sendonly'));
    expect(hold.status).toBe(200);
    expect(hold.sdp).toContain('m=audio');
    expect(await placed.info('Signal=5', 'application/dtmf-relay')).toBe(200);
    expect(app.seen.slice(-2)).toEqual([expect.stringContaining('a=sendonly'), 'Signal=5']);
  });

  test('without an offer gets one and answers it in the ACK', async () => {
    phone = await createPhone({ hz: 440 });
    const placed = await dial('1000', { transport, sdp: null });
    const answer = await placed.answered;
    expect(answer.sdp).toContain('m=audio');
    expect(placed.messages.at(-1)).toMatch(/\nACK [\s\S]*m=audio/);
    await app.farEnd.waitUntilHears(440);
  });

  test('reaches a callee, whose sound and BYE come back', async () => {
    phone = await createPhone({ hz: 440 });
    const other = await createPhone({ hz: 880 });
    const callee = await createCallee({ phone: other, ringMs: 50 });
    const placed = await dial(`bridge-${callee.address.host}-${callee.address.port}`, { transport });
    await placed.answered;
    const received = await callee.nextCall();
    await received.acknowledged;
    await Promise.all([phone.waitUntilHears(880), other.waitUntilHears(440)]);
    expect(await received.hangup()).toBe(200);
    expect(await placed.ended).toBe('server');
    await callee.close();
    await other.close();
  });
});

test('a caller hears the far end and not itself, and its digits arrive', async () => {
  phone = await createPhone({ hz: 440 });
  const placed = await dial('1000');
  await placed.answered;
  await phone.waitUntilHears(farEndHz);
  expect(phone.heardDb(440)).toBeLessThan(-60);
  await phone.sendDigit('7');
  await eventually('the digit at the far end', () => app.farEnd.heardDigits().endsWith('7'));
});

test('a callee that refuses, and one that only rings, end the call as they say', async () => {
  phone = await createPhone({ hz: 440 });
  const busy = await createCallee({ phone, status: 486 });
  const refused = await dial(`bridge-${busy.address.host}-${busy.address.port}`);
  expect(await refused.final).toBe(486);
  expect(await (await busy.nextCall()).ended).toBe('refused');
  await busy.close();
});
