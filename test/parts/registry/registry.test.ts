import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Registry } from '../../../src/recorder/registry/registry.ts';
import { eventually } from '../eventually.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { ending, outcome, type Registries, recordOf, registriesOn } from './registries.ts';

let server: TestRedis;
let admin: Redis;
let registries: Registries;
let registry: Registry;

beforeAll(async () => {
  server = await startRedis();
  admin = new Redis(server.url);
  registries = registriesOn(server.url);
  registry = await registries.open('node-1');
});

afterAll(async () => {
  await registries.close();
  admin.disconnect();
  await server.stop();
});

beforeEach(async () => {
  await admin.flushall();
});

describe('control ids', () => {
  test('of 50 recordings that begin at once with one control id, one begins and the others learn which', async () => {
    const records = Array.from({ length: 50 }, () => recordOf());
    const answers = await Promise.all(records.map((record) => registry.begin(record)));
    const winners = records.filter((_, i) => answers[i]?.taken === false);
    expect(winners).toHaveLength(1);
    expect(answers.filter((answer) => answer.taken)).toEqual(
      Array.from({ length: 49 }, () => ({ taken: true, recording_id: winners[0]?.recording_id })),
    );
    expect(await registry.count()).toBe(1);
    expect(await registry.ofCall('call-1')).toEqual(winners);
  });

  test('the same begin twice, as after a lost answer, is one recording', async () => {
    const record = recordOf();
    expect(await registry.begin(record)).toEqual({ taken: false });
    expect(await registry.begin(record)).toEqual({ taken: false });
    expect(await registry.count()).toBe(1);
  });

  test('another call may use the same control id', async () => {
    expect(await registry.begin(recordOf())).toEqual({ taken: false });
    expect(await registry.begin(recordOf({ call_id: 'call-2' }))).toEqual({ taken: false });
  });

  test('a control id is free once capture is over, though the file is not made yet', async () => {
    const first = recordOf();
    const second = recordOf();
    await registry.begin(first);
    expect(await registry.findControl('call-1', 'greeting')).toEqual(first);
    await registry.finishing(first.recording_id, ending);
    await registry.finishing(first.recording_id, { end_reason: 'hangup', end_time: 1 });
    expect(await registry.findControl('call-1', 'greeting')).toBeUndefined();
    expect(await registry.begin(second)).toEqual({ taken: false });
    expect(await registry.get(first.recording_id)).toEqual({ ...first, state: 'finishing', ...ending });

    // The end of the first must not take the name from the second.
    await registry.end(first.recording_id, outcome);
    expect(await registry.findControl('call-1', 'greeting')).toEqual(second);
  });

  test.each(['../../etc/passwd', 'a:b', '"quoted" \'text\'', 'ünïcödé 🎙', '__proto__', 'a b', '*', '%s{}'])(
    'any text is a name and finds its recording alone: %s',
    async (control_id) => {
      const record = recordOf({ control_id });
      await registry.begin(record);
      await registry.begin(recordOf({ control_id: 'other' }));
      expect(await registry.findControl('call-1', control_id)).toEqual(record);
      expect(await admin.keys('*')).not.toContain(expect.stringContaining(control_id));
    },
  );
});

describe('a pause', () => {
  const pause = { paused_at: 1_767_225_605.5, pause_behavior: 'silence' } as const;

  test('is in the record as long as it lasts, and the control id stays taken', async () => {
    const record = recordOf();
    await registry.begin(record);
    for (let twice = 0; twice < 2; twice++) {
      await registry.pause(record.recording_id, pause);
      expect(await registry.get(record.recording_id)).toEqual({ ...record, state: 'paused', ...pause });
    }
    expect(await registry.findControl('call-1', 'greeting')).toMatchObject({ state: 'paused' });
    expect(await registry.active()).toMatchObject([{ state: 'paused' }]);
    for (let twice = 0; twice < 2; twice++) {
      await registry.resume(record.recording_id);
      expect(await registry.get(record.recording_id)).toEqual(record);
    }
  });

  test('ends with the recording, and one that is told of later changes nothing', async () => {
    const record = recordOf();
    await registry.begin(record);
    await registry.pause(record.recording_id, pause);
    await registry.finishing(record.recording_id, ending);
    await registry.pause(record.recording_id, pause);
    expect(await registry.get(record.recording_id)).toEqual({ ...record, state: 'finishing', ...ending });
    await registry.end(record.recording_id, outcome);
    await registry.resume(record.recording_id);
    expect(await registry.get(record.recording_id)).toMatchObject({ state: 'finished' });
  });

  test('of a recording that Redis does not know is an error', async () => {
    await expect(registry.pause('rec-x', pause)).rejects.toMatchObject({ code: 'recording_unknown' });
    await expect(registry.resume('rec-x')).rejects.toMatchObject({ code: 'recording_unknown' });
  });
});

describe('the end of a recording', () => {
  test('of 50 ends at once, one is true', async () => {
    const record = recordOf();
    await registry.begin(record);
    const answers = await Promise.all(Array.from({ length: 50 }, () => registry.end(record.recording_id, outcome)));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  test('no key but the record and the catalogue is left of ended recordings', async () => {
    const records = ['a', 'b', 'c'].map((control_id) => recordOf({ control_id }));
    for (const record of records) await registry.begin(record);
    await registry.finishing(records[0]?.recording_id ?? '', ending);
    for (const record of records) await registry.end(record.recording_id, outcome);
    const left = (await admin.keys('test:*')).filter((key) => !/^test:nodes?\b/.test(key) || /recordings/.test(key));
    expect(left.sort()).toEqual(
      [
        ...[
          'test:catalogue',
          'test:with-call:call-1',
          'test:with-from:+1',
          'test:with-to:+2',
          'test:with-state:finished',
        ],
        ...['test:events', ...records.map((record) => `test:recording:${record.recording_id}`)],
      ].sort(),
    );
    expect(await registry.active()).toEqual([]);
    expect(await registry.get(records[0]?.recording_id ?? '')).toEqual({ ...records[0], ...outcome });
  });

  test('a forgotten recording leaves nothing and frees its control id', async () => {
    const record = recordOf();
    await registry.begin(record);
    await registry.forget(record.recording_id);
    await registry.forget(record.recording_id);
    expect((await admin.keys('test:*')).filter((key) => !/^test:(node|events$)/.test(key))).toEqual([]);
    expect(await registry.begin(recordOf())).toEqual({ taken: false });
  });

  test('finishing or ending an unknown recording is recording_unknown, and adopt brings it in', async () => {
    const record = recordOf();
    await expect(registry.end(record.recording_id, outcome)).rejects.toMatchObject({ code: 'recording_unknown' });
    await expect(registry.finishing(record.recording_id, ending)).rejects.toMatchObject({ code: 'recording_unknown' });
    expect(await registry.adopt(record)).toBe(true);
    expect(await registry.adopt(record)).toBe(false);
    expect(await registry.findControl('call-1', 'greeting')).toEqual(record);
    expect(await registry.end(record.recording_id, outcome)).toBe(true);
  });

  test('an adopted recording takes no name from the one that has it', async () => {
    const holder = recordOf();
    await registry.begin(holder);
    const adopted = recordOf();
    await registry.adopt(adopted);
    expect(await registry.findControl('call-1', 'greeting')).toEqual(holder);
    await registry.end(adopted.recording_id, outcome);
    expect(await registry.findControl('call-1', 'greeting')).toEqual(holder);
  });

  test('a damaged record is an error that names it, not a crash', async () => {
    await admin.hset('test:recording:odd', { state: 'recording', record: '{' });
    await expect(registry.get('odd')).rejects.toMatchObject({ code: 'record_damaged' });
    await admin.hset('test:recording:odd', { state: 'melting', record: '{"recording_id":"odd"}' });
    await expect(registry.get('odd')).rejects.toThrow(/melting/);
  });
});

describe('lists', () => {
  test('active lists all nodes or one', async () => {
    const here = recordOf({ control_id: 'here' });
    const there = recordOf({ control_id: 'there', node_id: 'node-2' });
    await registry.begin(here);
    await registry.begin(there);
    expect(await registry.active()).toEqual([here, there]);
    expect(await registry.active('node-2')).toEqual([there]);
  });
});

describe('waiting for the end', () => {
  test('200 waiters on another node are told at once, by one subscription', async () => {
    const other = await registries.open('node-2');
    const record = recordOf();
    await registry.begin(record);
    const waits = Array.from({ length: 200 }, () => other.whenEnded(record.recording_id, { timeoutMs: 5_000 }));
    await eventually('the channel to be subscribed', async () => {
      const [, subscribers] = (await admin.pubsub('NUMSUB', 'test:ended')) as [string, number];
      return subscribers === 2;
    });
    const before = performance.now();
    await registry.end(record.recording_id, outcome);
    const told = await Promise.all(waits);
    expect(performance.now() - before).toBeLessThan(500);
    expect(told).toEqual(Array.from({ length: 200 }, () => ({ ...record, ...outcome })));
  });

  test('who asks after the end is answered at once', async () => {
    const record = recordOf();
    await registry.begin(record);
    await registry.end(record.recording_id, outcome);
    expect(await registry.whenEnded(record.recording_id)).toEqual({ ...record, ...outcome });
  });

  test('a lost message is made up for by the look each second', async () => {
    const record = recordOf();
    await registry.begin(record);
    const wait = registry.whenEnded(record.recording_id, { timeoutMs: 5_000 });
    await admin.hset(`test:recording:${record.recording_id}`, {
      state: 'finished',
      outcome: JSON.stringify(outcome),
    });
    expect(await wait).toMatchObject({ state: 'finished' });
  });

  test('an unknown recording, the time-out and an abort end the wait', async () => {
    expect(await registry.whenEnded('unheard-of')).toBeUndefined();
    const record = recordOf();
    await registry.begin(record);
    expect(await registry.whenEnded(record.recording_id, { timeoutMs: 50 })).toBeUndefined();
    const abort = new AbortController();
    const wait = registry.whenEnded(record.recording_id, { signal: abort.signal });
    abort.abort(new Error('the call ended'));
    await expect(wait).rejects.toThrow('the call ended');
    await expect(registry.whenEnded(record.recording_id, { signal: abort.signal })).rejects.toThrow('the call ended');
  });

  test('closing releases who still waits', async () => {
    const other = await registries.open('node-3');
    const record = recordOf();
    await registry.begin(record);
    const wait = other.whenEnded(record.recording_id);
    await other.close();
    expect(await wait).toBeUndefined();
    expect(await other.whenEnded(record.recording_id)).toBeUndefined();
  });
});

describe('nodes', () => {
  test('a node lives while it beats and is gone after close', async () => {
    const other = await registries.open('node-4');
    const alive = (await eventually('node-4 to be listed', async () => {
      const nodes = await registry.nodes();
      return nodes.find((node) => node.node_id === 'node-4');
    })) as { alive: boolean; last_seen: number };
    expect(alive.alive).toBe(true);
    expect(Math.abs(alive.last_seen - Date.now() / 1000)).toBeLessThan(2);
    await other.close();
    expect((await registry.nodes()).map((node) => node.node_id)).not.toContain('node-4');
    expect(await admin.exists('test:node:node-4')).toBe(0);
  });

  test('a node that fell silent is listed as gone', async () => {
    await admin.zadd('test:nodes', Date.now() / 1000 - 60, 'crashed');
    const nodes = await registry.nodes();
    expect(nodes.find((node) => node.node_id === 'crashed')).toMatchObject({ alive: false });
  });
});
