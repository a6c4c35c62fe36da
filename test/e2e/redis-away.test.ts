import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from '../chaos/world.ts';
import { download } from '../kit/download.ts';
import { decode, describe as describeFile, toneSpan } from '../kit/files.ts';
import { createPhone } from '../kit/phone.ts';
import { call } from '../kit/sip-ua.ts';
import { eventually } from '../parts/eventually.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld('disk', { 'redis.away': 'take' });
});
afterAll(() => world?.close());

const spokenHz = 440;

test('while Redis is away running calls go on, scripts stop recordings, new calls are taken, and all is told once later', async () => {
  const { host, sink } = world;
  const record = (control_id: string) => ({ record_call: { control_id, status_url: sink.url } });
  host.serve('before', [
    record('before'),
    host.tell('before', 'runs'),
    { play: 'silence:2' },
    { stop_record_call: 'before' },
    host.tell('before', 'stopped'),
    record('between'),
    { play: 'silence:1' },
    { stop_record_call: 'between' },
    host.tell('before', 'again'),
  ]);
  host.serve('during', [record('during'), { play: 'silence:1' }]);
  const dial = async (to: string) => {
    const phone = await createPhone({ hz: spokenHz });
    const made = await call({ target: world.sip, phone, to });
    return { ...made, phone };
  };
  const before = await dial('before');
  await host.told('before', 'runs');
  await world.kill('redis');
  await eventually('the server knows', async () => !(await world.healthy()));
  const during = await dial('during');
  await during.answered;
  expect(await host.told('before', 'stopped')).toMatchObject({ stop_record_call_result: 'success' });
  expect(await host.told('before', 'again')).toMatchObject({ stop_record_call_result: 'success' });
  expect(await Promise.all([before.ended, during.ended])).toEqual(['server', 'server']);
  for (const { phone, close } of [before, during]) await close().then(phone.close);
  expect(sink.eventsOf('during')).toEqual([]);

  await world.revive('redis');
  for (const [id, leastS] of [
    ['before', 1.8],
    ['between', 0.8],
    ['during', 0.8],
  ] as const) {
    const { params } = await sink.waitForState(id, 'finished', 90_000);
    const file = await download(world.http + new URL(params.url).pathname, world.folder);
    const span = toneSpan(await decode(file), 0, spokenHz) ?? { fromS: 0, toS: 0 };
    expect(span.toS - span.fromS, await describeFile(file, [spokenHz])).toBeGreaterThan(leastS);
  }
  for (const id of ['before', 'between', 'during']) {
    const states = sink.eventsOf(id).map(({ params }) => params.state);
    expect(
      states.filter((state) => state !== 'recording'),
      id,
    ).toEqual(['finished']);
    expect(states.filter((state) => state === 'recording').length, id).toBeLessThanOrEqual(1);
  }
}, 150_000);
