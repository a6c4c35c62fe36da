import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { channelDb, decode, describeDecoded, levelsDb, probe, toneSpan } from '../kit/files.ts';
import { partsOf, udpSocketsOf, waitForNoCalls, waitForNoRecordings } from '../kit/leftovers.ts';
import { type DialledCall, type Stage, startStage } from '../kit/stage.ts';
import { eventually } from '../parts/eventually.ts';

const calls = 20;
const everyMs = 200;
/** Longer than it takes until all calls are up, so that they are up at once. */
const toneS = 6;
/** A tone of the kit is at -10.5 dBFS. */
const presentDb = -12;
/**
 * What tones of other calls may seem to be in a file: G.711 distorts a tone by -38 dB in all, and some of that is where
 * another call has its tone. A mix-up would be at 0 dB.
 */
const strangerDb = -40;

/** Each call says one tone and hears another, no two of them alike. */
const tonesOf = (i: number) => ({ spokenHz: 310 + 53 * i, heardHz: 1710 + 53 * i });

let stage: Stage;
let socketsBefore: number;

beforeAll(async () => {
  stage = await startStage();
  socketsBefore = await udpSocketsOf(stage.server.pid);
});

afterAll(() => stage.close());

const nameOf = (transport: string, i: number): string => `${transport}-${String(i).padStart(2, '0')}`;

const placeCalls = async (transport: 'udp' | 'tcp'): Promise<DialledCall[]> => {
  const { host, sink } = stage;
  const placed: Promise<DialledCall>[] = [];
  for (let i = 0; i < calls; i++) {
    const name = nameOf(transport, i);
    const { spokenHz, heardHz } = tonesOf(i);
    host.serve(name, [
      { record_call: { control_id: name, stereo: true, status_url: sink.url } },
      { play: host.toneUrl(heardHz, toneS) },
      { stop_record_call: {} },
    ]);
    placed.push(stage.dial(name, { transport, hz: spokenHz }));
    await sleep(everyMs);
  }
  return Promise.all(placed);
};

const checkCall = async (transport: string, i: number, { phone }: DialledCall): Promise<void> => {
  const { spokenHz, heardHz } = tonesOf(i);
  const name = nameOf(transport, i);
  const { params } = await stage.sink.waitForState(name, 'finished');
  const file = await stage.download(params.url);
  const facts = await probe(file);
  const sound = await decode(file, facts);
  const captured = stage.server.logs.find(({ msg, control_id }) => msg === 'captured' && control_id === name);
  const story = [
    `${name}: the caller heard ${heardHz} Hz at ${phone.heardDb(heardHz).toFixed(1)} dB`,
    describeDecoded(file, facts, sound, [spokenHz, heardHz]),
    `  captured: ${JSON.stringify(captured)}`,
  ].join('\n');
  for (const [channel, hz] of [spokenHz, heardHz].entries()) {
    const span = toneSpan(sound, channel, hz) ?? { fromS: 0, toS: 0 };
    expect(span.toS - span.fromS, `${hz} Hz lasts in channel ${channel}; ${story}`).toBeGreaterThan(toneS - 0.1);
    const levels = levelsDb(sound, channel, hz, span.fromS + 0.1, span.toS - 0.1);
    expect(Math.min(...levels), `${hz} Hz breaks off in channel ${channel}; ${story}`).toBeGreaterThan(presentDb);
    const ownDb = channelDb(sound, channel, hz);
    for (let other = 0; other < calls; other++) {
      for (const strangerHz of Object.values(tonesOf(other))) {
        if (strangerHz === hz) continue;
        const level = channelDb(sound, channel, strangerHz) - ownDb;
        expect(level, `${strangerHz} Hz of call ${other} in channel ${channel}; ${story}`).toBeLessThan(strangerDb);
      }
    }
  }
};

describe.each(['udp', 'tcp'] as const)('20 calls at 5 a second over %s', (transport) => {
  test('are all up at once, and each leaves a right file', async () => {
    const placing = placeCalls(transport);
    await eventually(
      'all calls to be up and recorded at once',
      async () => {
        const health = (await (await fetch(`${stage.server.http}/healthz`)).json()) as Record<string, unknown>;
        return health.calls === calls && health.recordings === calls;
      },
      15_000,
    );
    const placed = await placing;
    for (const made of placed) expect(await made.ended).toBe('server');
    await Promise.all(placed.map((made, i) => checkCall(transport, i, made)));
  });

  test('leave no call in rtpengine, no recording in Redis and no socket', async () => {
    const { rtpengine, redis: url } = partsOf(stage.server);
    await waitForNoCalls(rtpengine);
    await waitForNoRecordings(url);
    await eventually(
      `as many sockets as before, ${socketsBefore}`,
      async () => (await udpSocketsOf(stage.server.pid)) === socketsBefore,
    );
  });
});
