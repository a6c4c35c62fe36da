import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createPhone } from '../../kit/phone.ts';
import { runSipp, type SippOptions } from '../../kit/sip-caller.ts';
import { g711Tone } from '../../kit/tone-frames.ts';
import { type SampleApp, startSampleApp } from './sample-app.ts';

let app: SampleApp;
let dataDir: string;

const run = (options: Omit<SippOptions, 'target'>) => runSipp({ timeoutS: 10, ...options, target: app.parts.sip });

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sipreel-kit-'));
  app = await startSampleApp(dataDir);
});

afterAll(async () => {
  await app.close();
  await rm(dataDir, { recursive: true, force: true });
});

afterEach(() => {
  app.farEnd.stop();
  expect(app.errors).toEqual([]);
});

describe.each(['udp', 'tcp'] as const)('SIPp over %s', (transport) => {
  test.each([
    ['call-until-bye', 'bye'],
    ['call-for-seconds', '1000'],
    ['invite-without-sdp', '1000'],
    ['reinvite-hold', '1000'],
    ['cancel-before-answer', 'ring'],
    ['expect-404', '404'],
    ['expect-488', '488'],
    ['expect-500', '500'],
    ['expect-503', '503'],
  ])('plays %s', async (scenario, to) => {
    const { exitCode } = await run({ scenario, to, transport, pauseMs: 100 });
    expect(exitCode).toBe(0);
  });
});

test('SIPp makes several calls, with a caller of its own for each', async () => {
  const { messages } = await run({
    scenario: 'call-for-seconds',
    calls: 6,
    rate: 20,
    pauseMs: 200,
    callers: [{ from: 'anne' }, { from: 'ben', payloadType: 8 }],
  });
  expect(messages.match(/^INVITE /gm)).toHaveLength(6);
  expect(messages.match(/^From: <sip:anne@.*\r?\n.*\r?\n.*\r?\nCSeq: 1 INVITE/gm)?.length).toBeGreaterThanOrEqual(3);
  expect(messages).toMatch(/m=audio 9 RTP\/AVP 8 101/);
});

test("a scenario that does not come true rejects with SIPp's screen, errors and messages", async () => {
  const failing = run({ scenario: 'expect-404', to: '1000' });
  await expect(failing).rejects.toThrow(
    /expect-404 failed with exit code 1[\s\S]*Successful call[\s\S]*Aborting call[\s\S]*INVITE sip:1000@/,
  );
  await expect(run({ scenario: 'rtp-tone' })).rejects.toThrow('needs a value for file');
});

test("SIPp's sound reaches a phone whose port is in its SDP", async () => {
  const phone = await createPhone({ hz: 440 });
  // The phone is the media end of SIPp's call: it hears what the far end sends to it.
  const calling = run({ scenario: 'call-for-seconds', pauseMs: 1000, callers: [{ mediaPort: phone.port }] });
  await phone.waitUntilHears(1250);
  await calling;
  await phone.close();
});

test.each(['PCMU', 'PCMA'] as const)('SIPp plays a %s file itself', async (codec) => {
  const file = join(dataDir, `tone.${codec}`);
  await writeFile(file, g711Tone(codec, 600, 1, 0.3));
  const payloadType = codec === 'PCMU' ? 0 : 8;
  const calling = run({
    scenario: 'rtp-tone',
    pauseMs: 2500,
    callers: [{ payloadType }],
    replace: { file, payload_type: String(payloadType) },
  });
  await app.farEnd.waitUntilHears(600, { forMs: 1500 });
  await calling;
});
