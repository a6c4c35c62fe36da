import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { eventually } from '../eventually.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { outcome, recordOf } from '../registry/registries.ts';
import { type ControlNode, openControlNode } from './node.ts';

/** The promise: on an idle machine whoever asks has an answer by then. */
const answeredWithinMs = 1_000;

let server: TestRedis;
let admin: Redis;
let here: ControlNode;
let there: ControlNode;

beforeAll(async () => {
  server = await startRedis();
  admin = new Redis(server.url);
});
beforeEach(async () => {
  await admin.flushall();
  here = await openControlNode(server.url, 'here');
  there = await openControlNode(server.url, 'there');
  await listening('here', 'there');
});
afterEach(() => Promise.all([here.close(), there.close()]));
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

const listening = (...nodes: readonly string[]) =>
  eventually(`${nodes.join(' and ')} to listen`, async () => {
    const counts = (await admin.pubsub('NUMSUB', ...nodes.map((node) => `test:asks:${node}`))) as unknown[];
    return nodes.every((_, i) => counts[2 * i + 1] === 1);
  });

const timed = async <T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly ms: number }> => {
  const begun = performance.now();
  const value = await work();
  return { value, ms: performance.now() - begun };
};

describe('a stop', () => {
  test('reaches the node of the recording from any other, by id and by name, whatever the name', async () => {
    const odd = 'a/b?c#d%2e "ü" 🎙';
    const byId = recordOf({ node_id: 'there' });
    const byName = recordOf({ node_id: 'there', control_id: odd });
    const first = await there.begin(byId);
    const second = await there.begin(byName);
    const one = await timed(() => here.control.stop({ recordingId: byId.recording_id }));
    expect(one.value).toEqual({ result: 'stopped', recording_id: byId.recording_id, end_reason: 'stop' });
    expect(one.ms).toBeLessThan(answeredWithinMs);
    expect(await here.control.stop({ callId: 'call-1', controlId: odd })).toMatchObject({ result: 'stopped' });
    expect([first.ends, second.ends]).toEqual([['stop'], ['stop']]);
    expect(await here.registry.get(byName.recording_id)).toMatchObject({ state: 'finishing', end_reason: 'stop' });
  });

  test('of fifty at once from two nodes ends the recording once, and each is told what it did', async () => {
    const record = recordOf({ node_id: 'there' });
    const recording = await there.begin(record, 50);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 ? here : there).control.stop({ recordingId: record.recording_id })),
    );
    expect(recording.ends).toEqual(['stop']);
    expect(answers.filter(({ result }) => result === 'stopped')).toHaveLength(1);
    expect(new Set(answers.map(({ end_reason }) => end_reason))).toEqual(new Set(['stop']));
  });

  test.each(['terminator', 'hangup', 'max_length'] as const)('that races with %s ends it once', async (reason) => {
    for (const stopFirst of [true, false]) {
      const record = recordOf({ node_id: 'there', control_id: `${reason} ${stopFirst}` });
      const recording = await there.begin(record, 20);
      const acts = [() => here.control.stop({ recordingId: record.recording_id }), () => recording.end(reason)];
      const [stopped] = await Promise.all((stopFirst ? acts : acts.reverse()).map((act) => act()));
      expect(recording.ends).toHaveLength(1);
      const told = stopFirst ? stopped : await here.control.stop({ recordingId: record.recording_id });
      const [why] = recording.ends;
      expect(told).toMatchObject({
        end_reason: why,
        result: why === 'stop' && stopFirst ? 'stopped' : 'already_stopped',
      });
    }
  });

  test('of one that has ended says why it ended', async () => {
    const record = recordOf({ node_id: 'there' });
    const recording = await there.begin(record);
    await recording.end('terminator');
    const expected = { result: 'already_stopped', recording_id: record.recording_id, end_reason: 'terminator' };
    expect(await here.control.stop({ recordingId: record.recording_id })).toEqual(expected);
    expect(await here.control.stop({ callId: 'call-1', controlId: 'greeting' })).toEqual(expected);
    await here.registry.end(record.recording_id, { ...outcome, end_reason: 'terminator' });
    expect(await here.control.stop({ callId: 'call-1', controlId: 'greeting' })).toEqual(expected);
  });

  test('of one that nobody knows is recording_unknown', async () => {
    await expect(here.control.stop({ recordingId: 'unheard-of' })).rejects.toMatchObject({ code: 'recording_unknown' });
    await expect(here.control.stop({ callId: 'call-1', controlId: 'x' })).rejects.toThrow('"x" of call call-1');
  });

  test('of one whose node is gone says which node it waits for, at once', async () => {
    const record = recordOf({ node_id: 'there' });
    await there.begin(record);
    await there.close();
    const { value, ms } = await timed(() =>
      here.control.stop({ recordingId: record.recording_id }).catch((error: unknown) => error),
    );
    expect(value).toMatchObject({ code: 'node_gone', message: expect.stringContaining('waits for node there') });
    expect(ms).toBeLessThan(answeredWithinMs);
  });

  test('of one whose process was started anew says so', async () => {
    const record = recordOf({ node_id: 'there' });
    await there.begin(record);
    there.forgetAll();
    await expect(here.control.stop({ recordingId: record.recording_id })).rejects.toMatchObject({
      code: 'recording_orphaned',
    });
    await expect(there.control.stop({ recordingId: record.recording_id })).rejects.toMatchObject({
      code: 'recording_orphaned',
    });
  });

  test('that is not answered in time fails cleanly, though it may be done', async () => {
    const record = recordOf({ node_id: 'there' });
    const recording = await there.begin(record, 500);
    await expect(here.control.stop({ recordingId: record.recording_id }, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'node_unanswered',
      message: expect.stringContaining('100 ms'),
    });
    expect(await here.control.stop({ recordingId: record.recording_id })).toMatchObject({ result: 'already_stopped' });
    expect(recording.ends).toEqual(['stop']);
  });
});

test('a pause and a resume reach the node of the recording, and are told from what was so already', async () => {
  const record = recordOf({ node_id: 'there' });
  const recording = await there.begin(record);
  const which = { recordingId: record.recording_id };
  const named = { callId: 'call-1', controlId: 'greeting' };
  expect(await here.control.pause(which, 'silence')).toMatchObject({ result: 'paused' });
  expect(await here.registry.get(record.recording_id)).toMatchObject({ state: 'paused', pause_behavior: 'silence' });
  expect(await here.control.pause(named, 'skip')).toMatchObject({ result: 'already_paused' });
  expect(await there.control.resume(named)).toMatchObject({ result: 'resumed' });
  expect(await here.control.resume(which)).toMatchObject({ result: 'already_recording' });
  await recording.end('hangup');
  const late = [
    () => here.control.pause(which, 'skip'),
    () => here.control.resume(named),
    () => there.control.resume(which),
  ];
  for (const act of late) {
    await expect(act()).rejects.toMatchObject({ code: 'recording_ended', message: expect.stringContaining('hangup') });
  }
  await expect(here.control.pause({ recordingId: 'unheard-of' }, 'skip')).rejects.toMatchObject({
    code: 'recording_unknown',
  });
});

test('this node stops its own recordings while Redis is away', async () => {
  const record = recordOf({ node_id: 'here' });
  const recording = await here.begin(record);
  await server.stop();
  try {
    // What the recorder does with a registry that is away is its own business.
    const stopping = here.control.stop({ recordingId: record.recording_id }).catch((error: unknown) => error);
    await eventually('the recording to end', () => recording.ends.length === 1);
    await stopping;
    await expect(here.control.stop({ recordingId: 'of another node' })).rejects.toMatchObject({ code: 'redis_away' });
  } finally {
    server = await startRedis({ port: server.port });
    await eventually('Redis to be back', () => admin.ping());
    await listening('here', 'there');
  }
});

describe('a question', () => {
  test('comes back with what the other node has thrown', async () => {
    there.mailbox.handle('refuse', async ({ why }) => {
      throw new SipreelError('call_ended', String(why), { details: { call_id: 'c' } });
    });
    await expect(here.mailbox.ask('there', 'refuse', { why: 'over' })).rejects.toMatchObject({
      code: 'call_ended',
      message: 'over',
      details: { call_id: 'c' },
    });
    await expect(here.mailbox.ask('there', 'unheard-of', {})).rejects.toMatchObject({ code: 'node_incapable' });
  });

  test('that nobody of ours has written harms nobody', async () => {
    there.mailbox.handle('echo', async (body) => body);
    for (const text of ['', '{', 'null', '[]', '{"id":1}']) await admin.publish('test:asks:there', text);
    expect(await here.mailbox.ask('there', 'echo', { a: [1] })).toEqual({ a: [1] });
  });

  test('that is open when its node goes down fails with it', async () => {
    there.mailbox.handle('wait', () => new Promise((resolve) => setTimeout(resolve, 300)));
    const asked = here.mailbox.ask('there', 'wait', {}).catch((error: unknown) => error);
    await here.mailbox.close();
    expect(await asked).toMatchObject({ code: 'draining' });
    await expect(here.mailbox.ask('there', 'wait', {})).rejects.toMatchObject({ code: 'draining' });
  });
});

test('a journal is read where the spool is, and in Redis after the end', async () => {
  const record = recordOf({ node_id: 'there' });
  await there.begin(record);
  const opened = { event: 'opened', t: 0, at: '2026-01-01T00:00:00.000Z', record } as const;
  const started = { event: 'started', t: 5 } as const;
  there.journalOf(record.recording_id, [opened, started]);
  const kept = [{ event: 'opened', t: 0, at: opened.at }, started];
  expect(await here.control.journal(record.recording_id)).toEqual(kept);
  await here.registry.end(record.recording_id, outcome, [opened, started]);
  await there.close();
  expect(await here.control.journal(record.recording_id)).toEqual(kept);
});
