import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Stage, startStage } from '../kit/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ set: { 'limits.calls': '2', 'limits.recordings': '1' } });
});
afterAll(() => stage.close());

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
  const again = await stage.dial('first');
  await again.answered;
});
