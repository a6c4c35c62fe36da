import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { createPausing, type Turn } from '../../../src/recorder/pausing.ts';
import type { StatusEvent } from '../../../src/recorder/recording/events.ts';
import type { RunningParts } from '../../../src/recorder/running-recording.ts';
import type { JournalEntry } from '../../../src/recorder/spool/journal.ts';
import { recordOf } from '../spool/record.ts';

/** The parts of a running recording that pauses reach, with a clock that goes on by 10 ms at each turn. */
const rig = (fails: { capture?: Error; registry?: Error } = {}) => {
  const record = { ...recordOf('11111111-2222-4333-8444-555555555555'), status_url: 'https://s.example/' };
  const journal: JournalEntry[] = [];
  const events: StatusEvent[] = [];
  const registry: string[] = [];
  const turns: Turn[] = [];
  let t = 1000;
  let now: Turn | 'ended' = 'recording';
  const turn = async (): Promise<number> => {
    if (fails.capture) throw fails.capture;
    t += 10;
    return t;
  };
  const tell = async (what: string): Promise<void> => {
    if (fails.registry) throw fails.registry;
    registry.push(what);
  };
  const running = {
    record,
    log: pino({ level: 'silent' }),
    handle: { pause: turn, resume: turn },
    spool: { journal: { append: async (entry: JournalEntry) => void journal.push(entry) } },
    parts: {
      registry: { pause: () => tell('paused'), resume: () => tell('recording') },
      notifier: { owe: async (event: StatusEvent) => events.push(event) },
    },
  } as unknown as RunningParts;
  const pausing = createPausing(running, {
    now: () => now,
    move: (next) => {
      now = next;
    },
  });
  pausing.watch((next) => turns.push(next));
  const end = (): void => {
    now = 'ended';
  };
  return { pausing, journal, events, registry, turns, end };
};

describe('pause and resume', () => {
  test('answer what is and whether that is new; the first behavior of a pause stands', async () => {
    const { pausing, journal, turns } = rig();
    expect(await pausing.resume()).toEqual({ state: 'recording', changed: false });
    expect(await pausing.pause('silence')).toEqual({ state: 'paused', changed: true, behavior: 'silence' });
    expect(await pausing.pause('skip')).toEqual({ state: 'paused', changed: false, behavior: 'silence' });
    expect(await pausing.resume()).toEqual({ state: 'recording', changed: true });
    expect(await pausing.resume()).toEqual({ state: 'recording', changed: false });
    expect(journal).toEqual([
      { event: 'paused', t: 1010, behavior: 'silence' },
      { event: 'resumed', t: 1020 },
    ]);
    expect(pausing.pauses()).toEqual([{ from: 1010, to: 1020, behavior: 'silence' }]);
    expect(turns).toEqual(['paused', 'recording']);
  });

  test('that come at once are done one after the other, and each is told once', async () => {
    const { pausing, events, registry } = rig();
    const answers = await Promise.all([
      pausing.pause('skip'),
      pausing.pause('skip'),
      pausing.resume(),
      pausing.pause('skip'),
    ]);
    expect(answers.map(({ state, changed }) => [state, changed])).toEqual([
      ['paused', true],
      ['paused', false],
      ['recording', true],
      ['paused', true],
    ]);
    expect(events.map(({ event_number, params }) => [event_number, params.state])).toEqual([
      [2, 'paused'],
      [3, 'recording'],
      [4, 'paused'],
    ]);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(3);
    expect(registry).toEqual(['paused', 'recording', 'paused']);
  });

  test('of a recording that has ended are refused', async () => {
    const { pausing, end, journal } = rig();
    await pausing.pause('skip');
    end();
    await expect(pausing.pause('skip')).rejects.toMatchObject({ code: 'recording_ended' });
    await expect(pausing.resume()).rejects.toMatchObject({ code: 'recording_ended' });
    expect(journal).toHaveLength(1);
  });

  test('that capture does not take change nothing, and the next is tried anew', async () => {
    const fails: { capture?: Error } = { capture: new Error('the thread is gone') };
    const { pausing, journal, events } = rig(fails);
    await expect(pausing.pause('skip')).rejects.toThrow('the thread is gone');
    expect([journal, events, pausing.pauses()]).toEqual([[], [], []]);
    delete fails.capture;
    expect(await pausing.pause('skip')).toMatchObject({ changed: true });
  });

  test('are in force although Redis is away', async () => {
    const { pausing, journal } = rig({ registry: new Error('away') });
    expect(await pausing.pause('skip')).toMatchObject({ state: 'paused', changed: true });
    expect(journal).toHaveLength(1);
  });
});
