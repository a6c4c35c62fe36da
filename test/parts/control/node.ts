import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { SipreelError } from '../../../src/errors/error.ts';
import { createMailbox, type Mailbox } from '../../../src/recorder/control/mailbox.ts';
import { createRecordingControl, type RecordingControl } from '../../../src/recorder/control/recording-control.ts';
import type { PauseBehavior } from '../../../src/recorder/recording/pauses.ts';
import type { EndReason, RecordingRecord } from '../../../src/recorder/recording/record.ts';
import { closeRedis, connectRedis, whenReady } from '../../../src/recorder/registry/connection.ts';
import { createRegistry, type Registry } from '../../../src/recorder/registry/registry.ts';
import type { ActiveRecording } from '../../../src/recorder/running-recording.ts';
import type { JournalEntry } from '../../../src/recorder/spool/journal.ts';

const log = pino({ level: 'silent' });

/** One node as far as control goes: its recordings are captured by nobody. */
export interface ControlNode {
  readonly nodeId: string;
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  /** In role commands. */
  readonly redis: Redis;
  readonly control: RecordingControl;
  /** Begins a recording on this node, whose stop takes `stopMs`. */
  begin(record: RecordingRecord, stopMs?: number): Promise<FakeRecording>;
  active(): readonly ActiveRecording[];
  /** Its process has no recordings any more, as after a restart. */
  forgetAll(): void;
  journalOf(recordingId: string, entries: readonly JournalEntry[]): void;
  close(): Promise<void>;
}

export interface FakeRecording {
  /** How often it has really ended, and why. */
  readonly ends: readonly EndReason[];
  /** What a terminator or a hang-up does. */
  end(reason: EndReason): Promise<void>;
}

export const openControlNode = async (url: string, nodeId: string): Promise<ControlNode> => {
  const redis = connectRedis({ url, role: 'commands', log });
  const subscribers = [1, 2].map(() => connectRedis({ url, role: 'subscriber', log }));
  await whenReady(redis, 5_000);
  const [own, posts] = subscribers as [(typeof subscribers)[0], (typeof subscribers)[0]];
  const shared = { redis, prefix: 'test', nodeId, log };
  const registry = createRegistry({ ...shared, subscriber: own, heartbeatMs: 100, heartbeatLifeMs: 400 });
  const mailbox = createMailbox({ ...shared, subscriber: posts });
  const recordings = new Map<string, ActiveRecording>();
  const journals = new Map<string, readonly JournalEntry[]>();
  const control = createRecordingControl({
    registry,
    mailbox,
    recorder: {
      owned: (id) => {
        const recording = recordings.get(id);
        return recording && Promise.resolve(recording);
      },
      find: (callId, controlId) =>
        [...recordings.values()].find((one) => one.callId === callId && one.controlId === controlId && !one.ended()),
    },
    files: {
      readJournal: async (id) => journals.get(id),
    },
  });
  registry.start();
  mailbox.start();

  const fake = (record: RecordingRecord, stopMs: number) => {
    const ends: EndReason[] = [];
    let ending: Promise<void> | undefined;
    let tell: (reason: EndReason) => void = () => undefined;
    const captured = new Promise<EndReason>((resolve) => {
      tell = resolve;
    });
    const end = (reason: EndReason): Promise<void> => {
      ending ??= (async () => {
        ends.push(reason);
        await new Promise((resolve) => setTimeout(resolve, stopMs));
        await registry.finishing(record.recording_id, { end_reason: reason, end_time: record.start_time + 1 });
        recordings.delete(record.recording_id);
        tell(reason);
      })();
      return ending;
    };
    let now: 'recording' | 'paused' = 'recording';
    const turn = async (to: typeof now, behavior?: PauseBehavior) => {
      if (ending !== undefined) throw new SipreelError('recording_ended', 'it has ended');
      const changed = now !== to;
      now = to;
      if (to === 'paused')
        await registry.pause(record.recording_id, { paused_at: 1, pause_behavior: behavior ?? 'skip' });
      else await registry.resume(record.recording_id);
      return { state: to, changed };
    };
    recordings.set(record.recording_id, {
      id: record.recording_id,
      callId: record.call_id,
      controlId: record.control_id,
      url: record.url,
      record,
      spool: { dir: '/nowhere', epoch: 0n },
      masksDigits: false,
      captured,
      ended: () => ending !== undefined,
      pressed: () => undefined,
      pause: (behavior) => turn('paused', behavior),
      resume: () => turn('recording'),
      registered: async () => undefined,
      watch: () => undefined,
      stop: end,
      mediaChanged: () => undefined,
      holdChanged: () => undefined,
      levels: () => ({ speak: -20, listen: -100 }),
    });
    return { ends, end };
  };

  return {
    nodeId,
    registry,
    mailbox,
    redis,
    control,
    async begin(record, stopMs = 0) {
      await registry.begin(record);
      return fake(record, stopMs);
    },
    active: () => [...recordings.values()],
    forgetAll: () => recordings.clear(),
    journalOf: (id, entries) => void journals.set(id, entries),
    async close() {
      await mailbox.close();
      await registry.close();
      await Promise.all([redis, ...subscribers].map((each) => closeRedis(each)));
    },
  };
};
