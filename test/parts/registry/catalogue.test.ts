import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RecordingRecord } from '../../../src/recorder/recording/record.ts';
import type { RecordingFilter } from '../../../src/recorder/registry/catalogue.ts';
import type { Registry } from '../../../src/recorder/registry/registry.ts';
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
  registry = await registries.open('node-1', { keptEvents: 100 });
});

afterAll(async () => {
  await registries.close();
  admin.disconnect();
  await server.stop();
});

/** All pages that fit, by id. */
const all = async (filter: RecordingFilter, limit = 3): Promise<string[]> => {
  const ids: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await registry.list({ limit, filter, cursor });
    ids.push(...page.recordings.map((record) => record.recording_id));
    if (page.next === undefined) return ids;
    cursor = page.next;
  }
};

describe('the catalogue', () => {
  beforeEach(() => admin.flushall());

  test('is paged newest first, without gaps though recordings begin and are deleted meanwhile', async () => {
    const records: RecordingRecord[] = [];
    for (let i = 0; i < 7; i += 1) {
      // Two at a time begin at the same moment.
      const record = recordOf({ control_id: `c${i}`, start_time: 1_767_225_600.125 + Math.floor(i / 2) });
      records.push(record);
      await registry.begin(record);
    }
    const first = await registry.list({ limit: 3 });
    await registry.begin(recordOf({ control_id: 'late', start_time: 1_900_000_000 }));
    // The one that the cursor stands on.
    await registry.forget(first.recordings[2]?.recording_id ?? '');
    const second = await registry.list({ limit: 3, cursor: first.next });
    const third = await registry.list({ limit: 3, cursor: second.next });
    const ids = [...first.recordings, ...second.recordings, ...third.recordings];
    expect(ids.map(({ recording_id }) => recording_id).sort()).toEqual(
      records.map(({ recording_id }) => recording_id).sort(),
    );
    expect(ids.map(({ start_time }) => start_time)).toEqual(
      ids.map(({ start_time }) => start_time).sort((a, b) => b - a),
    );
    expect(third.next).toBeUndefined();
    expect(await registry.list({ limit: 0 })).toEqual({ recordings: [] });
  });

  test.each(['', 'x', '../../etc', Buffer.from('later rec-1').toString('base64url')])(
    'refuses %j as a cursor',
    async (cursor) => {
      await expect(registry.list({ limit: 3, cursor })).rejects.toMatchObject({ code: 'cursor_invalid' });
    },
  );

  test('finds by call, state, numbers, trunk and time, each and together', async () => {
    const [a, b, c, d] = [
      recordOf({ call_id: 'x', from: 'sip:+491@10.0.0.1', to: 'sip:100@a', trunk: 'carrier', start_time: 1_000 }),
      recordOf({ call_id: 'y', from: 'sip:+491@10.0.0.2', to: 'sip:200@a', trunk: 'carrier', start_time: 2_000 }),
      recordOf({ call_id: 'z', from: 'tel:+492', to: 'sip:%2B100;ext=1@a', start_time: 3_000 }),
      recordOf({ call_id: 'x', control_id: 'b', from: 'odd "name"', to: 'sip:100@b', start_time: 4_000 }),
    ] as const;
    for (const record of [a, b, c, d]) await registry.begin(record);
    await registry.pause(b.recording_id, { paused_at: 2_001, pause_behavior: 'skip' });
    expect(await all({ state: 'paused' })).toEqual([b.recording_id]);
    expect(await all({ state: 'recording' })).not.toContain(b.recording_id);
    await registry.finishing(b.recording_id, ending);
    await registry.end(c.recording_id, outcome);
    const table: [RecordingFilter, RecordingRecord[]][] = [
      [{}, [d, c, b, a]],
      [{ call: 'x' }, [d, a]],
      [{ state: 'recording' }, [d, a]],
      [{ state: 'finishing' }, [b]],
      [{ state: 'finished' }, [c]],
      [{ state: 'error' }, []],
      [{ from: '+491' }, [b, a]],
      [{ from: 'sip:+491@elsewhere' }, [b, a]],
      [{ from: 'odd "name"' }, [d]],
      [{ to: '100' }, [d, a]],
      [{ to: '+100' }, [c]],
      [{ trunk: 'carrier' }, [b, a]],
      [{ since: 2_000 }, [d, c, b]],
      [{ until: 2_000 }, [b, a]],
      [{ since: 2_000, until: 3_000 }, [c, b]],
      [{ trunk: 'carrier', from: '+491', since: 1_500 }, [b]],
      [{ call: 'x', state: 'finished' }, []],
    ];
    for (const [filter, expected] of table) {
      const ids = expected.map(({ recording_id }) => recording_id);
      expect(await all(filter), JSON.stringify(filter)).toEqual(ids);
      expect(await all(filter, 1), `${JSON.stringify(filter)}, one at a time`).toEqual(ids);
    }
  });

  test('finds the recording that had a control id last, ended or not', async () => {
    const [first, second, other] = [recordOf(), recordOf(), recordOf({ control_id: 'other' })] as const;
    await registry.begin(first);
    await registry.end(first.recording_id, outcome);
    await registry.begin(other);
    expect(await registry.findNamed('call-1', 'greeting')).toMatchObject({ recording_id: first.recording_id });
    await registry.begin(second);
    await registry.end(second.recording_id, outcome);
    expect(await registry.findNamed('call-1', 'greeting')).toMatchObject({ recording_id: second.recording_id });
    expect(await registry.findNamed('call-1', 'unheard-of')).toBeUndefined();
    expect(await registry.findNamed('call-2', 'greeting')).toBeUndefined();
  });

  test('delete takes a recording out of everything, once, and not before its end', async () => {
    const record = recordOf({ trunk: 'carrier' });
    await registry.begin(record);
    await expect(registry.delete(record.recording_id)).rejects.toMatchObject({ code: 'recording_active' });
    await registry.finishing(record.recording_id, ending);
    await expect(registry.delete(record.recording_id)).rejects.toMatchObject({ code: 'recording_active' });
    await registry.end(record.recording_id, outcome);
    const deleted = await Promise.all(Array.from({ length: 10 }, () => registry.delete(record.recording_id)));
    expect(deleted.filter(Boolean)).toHaveLength(1);
    expect(await registry.get(record.recording_id)).toBeUndefined();
    expect((await admin.keys('test:*')).filter((key) => !/^test:nodes?\b|^test:events$/.test(key))).toEqual([]);
  });

  test('the journal is kept with the end, without the record and without thousands of lines', async () => {
    const record = recordOf();
    await registry.begin(record);
    const masks = Array.from({ length: 1_000 }, (_, i) => ({
      ...({ event: 'masked', t: i, track: 'speak', from: i, to: i + 1 } as const),
    }));
    const opened = { event: 'opened', t: 0, at: '2026-01-01T00:00:00.000Z', record } as const;
    const stopped = { event: 'stopped', t: 1_000, reason: 'stop' } as const;
    await registry.end(record.recording_id, outcome, [opened, ...masks, stopped]);
    const kept = await registry.journal(record.recording_id);
    expect(kept[0]).toEqual({ event: 'opened', t: 0, at: '2026-01-01T00:00:00.000Z' });
    expect(kept.at(-1)).toEqual(stopped);
    expect(kept).toHaveLength(200);
    expect(await registry.journal('unheard-of')).toEqual([]);
  });

  test('a file that is made after a recording had ended without one is known, and what was told stays', async () => {
    const record = recordOf();
    const id = record.recording_id;
    const { file, ...made } = outcome;
    const error = { code: 'ffmpeg_missing', message: 'there is none', remedy: 'Install it.' } as const;
    await registry.begin(record);
    await registry.end(id, { ...made, state: 'error', end_reason: 'error', duration: 0, size: 0, error });
    const { state: _, ...known } = { ...outcome, mended_at: 1_767_226_000 };
    expect(await registry.mend(id, known)).toBe(true);
    expect(await registry.get(id)).toEqual({ ...record, ...known, state: 'error', error });
    const [last] = await admin.xrevrange('test:events', '+', '-', 'COUNT', 1);
    expect(last?.[1][1]).toBe('recording.mended');
    expect(last?.[1][3]).not.toContain(file);
    await registry.doom(id, { why: 'request', at: 0, by: 'test' });
    expect(await registry.mend(id, known)).toBe(false);
    await expect(registry.mend('unheard-of', known)).rejects.toMatchObject({ code: 'recording_unknown' });
    await admin.del('test:events');
  });

  test('each change of a recording is one event in a stream of bounded length, without its URL and its path', async () => {
    const record = recordOf();
    await registry.begin(record);
    await registry.begin(record);
    const pause = { paused_at: 1_767_225_650, pause_behavior: 'silence' } as const;
    await registry.pause(record.recording_id, pause);
    await registry.pause(record.recording_id, pause);
    await registry.resume(record.recording_id);
    await registry.resume(record.recording_id);
    await registry.finishing(record.recording_id, ending);
    await registry.finishing(record.recording_id, ending);
    await registry.end(record.recording_id, outcome);
    await registry.end(record.recording_id, outcome);
    await registry.delete(record.recording_id);
    const silent = recordOf();
    await registry.begin(silent);
    await registry.forget(silent.recording_id);
    await registry.forget(silent.recording_id);
    const entries = await admin.xrange('test:events', '-', '+');
    expect(entries.map(([, fields]) => fields[1])).toEqual([
      ...['recording.started', 'recording.paused', 'recording.resumed'],
      ...['recording.finishing', 'recording.ended', 'recording.deleted'],
      ...['recording.started', 'recording.forgotten'],
    ]);
    const data = entries.map(([, fields]) => JSON.parse(fields[3] ?? '') as Record<string, unknown>);
    for (const each of data)
      expect(each).toMatchObject({ call_id: 'call-1', control_id: 'greeting', node_id: 'node-1' });
    expect(data[1]).toMatchObject({ state: 'paused', ...pause });
    expect(data[3]).toMatchObject({ state: 'finishing', ...ending });
    expect(data[4]).toMatchObject({ state: 'finished', end_reason: 'stop', duration: 99.25, size: 3_176_044 });
    expect(JSON.stringify(data)).not.toMatch(/http:|\/var\/lib/);

    for (let i = 0; i < 500; i += 1) await registry.begin(recordOf({ control_id: `c${i}` }));
    expect(await admin.xlen('test:events')).toBeLessThan(300);
  });
});

/** Longest time for one page of 50, ms: five times what it takes on two busy cores. */
const pageWithinMs = 100;

test('100,000 recordings stay quick to list and filter, each some 2 kB of Redis', { timeout: 120_000 }, async () => {
  await admin.flushall();
  const total = 100_000;
  const states = ['finished', 'finished', 'finished', 'no_input', 'error'] as const;
  for (let i = 0; i < total; ) {
    const batch: Promise<unknown>[] = [];
    for (const end = i + 1_000; i < end; i += 1) {
      batch.push(
        registry.adopt({
          ...recordOf({
            recording_id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
            call_id: `call-${i >> 1}`,
            control_id: `c${i}`,
            state: states[i % states.length] ?? 'finished',
            from: `sip:+49${i % 5_000}@192.0.2.1`,
            to: `sip:${i % 100}@192.0.2.2`,
            trunk: i % 3 === 0 ? 'a' : 'b',
            start_time: 1_767_225_600 + i / 10,
          }),
        }),
      );
    }
    await Promise.all(batch);
  }
  expect(await registry.count()).toBe(total);
  const table: [string, RecordingFilter, number][] = [
    ['none', {}, 50],
    ['a call', { call: 'call-40000' }, 2],
    ['a number', { from: '+494321' }, 20],
    ['a state', { state: 'error' }, 50],
    ['a trunk and a state', { trunk: 'a', state: 'no_input' }, 50],
    ['a called number and a state', { to: '42', state: 'finished' }, 50],
    ['an hour', { since: 1_767_230_000, until: 1_767_233_600 }, 50],
    // 42 % 5 = 2: always finished. Nothing fits, which takes as many questions as there is to look through.
    ['two that exclude each other', { to: '42', state: 'error' }, 0],
  ];
  const took: string[] = [];
  for (const [what, filter, found] of table) {
    const begun = performance.now();
    const page = await registry.list({ limit: 50, filter });
    const ms = performance.now() - begun;
    took.push(`${what}: ${ms.toFixed(1)} ms`);
    expect(page.recordings.length, what).toBe(found);
    expect(ms, took.join('\n')).toBeLessThan(pageWithinMs);
  }
  const deep = await all({ trunk: 'a' }, 1_000);
  expect(new Set(deep).size).toBe(33_334);
  const memory = Number(/used_memory_dataset:(\d+)/.exec(await admin.info('memory'))?.[1]);
  expect(memory / total, 'bytes each').toBeLessThan(3_000);
});
