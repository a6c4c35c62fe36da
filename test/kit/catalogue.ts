import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import type { RecordingOutcome, RecordingRecord } from '../../src/recorder/recording/record.ts';
import { closeRedis, connectRedis, whenReady } from '../../src/recorder/registry/connection.ts';
import { createRegistry } from '../../src/recorder/registry/registry.ts';
import { createSoundFacts } from '../../src/recorder/registry/sound-facts.ts';

/** A recording that was made before a test began. */
export interface PastRecording {
  /** Unix seconds. */
  readonly startTime: number;
  readonly from: string;
  readonly to: string;
  /** Seconds. */
  readonly duration: number;
  readonly trunk?: string;
  /** Share of its packets that are lost. */
  readonly loss?: number;
}

/** How many are entered at the same time. */
const atOnce = 250;

/** Enters recordings that have ended into the catalogue of a running server; their files are nowhere. */
export const fillCatalogue = async (redisUrl: string, recordings: readonly PastRecording[]): Promise<void> => {
  const log = pino({ level: 'silent' });
  const redis = connectRedis({ url: redisUrl, role: 'commands', log });
  const subscriber = connectRedis({ url: redisUrl, role: 'subscriber', log });
  await whenReady(redis, 5_000);
  const registry = createRegistry({ redis, subscriber, nodeId: 'past', log });
  const enter = async ({ startTime, from, to, duration, trunk, loss = 0 }: PastRecording): Promise<void> => {
    const recording_id = randomUUID();
    const size = Math.round(duration * 4000);
    const record: RecordingRecord = {
      ...{ recording_id, call_id: randomUUID(), control_id: 'call', node_id: 'past', state: 'recording' },
      ...{ format: 'mp3', direction: 'both', stereo: true, from, to, start_time: startTime },
      url: `http://127.0.0.1:9/recordings/${recording_id}.mp3`,
      ...(trunk === undefined ? {} : { trunk }),
    };
    const outcome: RecordingOutcome = {
      ...{ state: 'finished', end_reason: 'hangup', end_time: startTime + duration, duration, size, channels: 2 },
      file: `/nowhere/${recording_id}.mp3`,
    };
    const packets = Math.round(duration * 50);
    const facts = createSoundFacts({ redis, now: () => (startTime + duration) * 1000 });
    await registry.begin(record);
    await registry.end(recording_id, outcome);
    await facts.note(
      recording_id,
      {
        tracks: { speak: { packets, lost: Math.round(packets * loss) }, listen: { packets, lost: 0 } },
        losses: [],
        keys: [],
      },
      outcome,
    );
  };
  try {
    for (let at = 0; at < recordings.length; at += atOnce) {
      await Promise.all(recordings.slice(at, at + atOnce).map(enter));
    }
  } finally {
    await registry.close();
    await Promise.all([closeRedis(redis), closeRedis(subscriber)]);
  }
};
