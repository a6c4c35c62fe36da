import { pino } from 'pino';
import type { RecordingOutcome, RecordingRecord } from '../../../src/recorder/recording/record.ts';
import { closeRedis, connectRedis, whenReady } from '../../../src/recorder/registry/connection.ts';
import { createRegistry, type Registry, type RegistryOptions } from '../../../src/recorder/registry/registry.ts';

/** Registries on one Redis, under the prefix `test`, and the end of all of them. */
export interface Registries {
  open(nodeId: string, options?: Partial<RegistryOptions>): Promise<Registry>;
  close(): Promise<void>;
}

export const registriesOn = (url: string): Registries => {
  const log = pino({ level: 'silent' });
  const opened: { close(): Promise<void> }[] = [];
  return {
    async open(nodeId, options = {}) {
      const redis = connectRedis({ url, role: 'commands', log });
      const subscriber = connectRedis({ url, role: 'subscriber', log });
      await whenReady(redis, 5_000);
      const made = createRegistry({
        ...{ redis, subscriber, prefix: 'test', nodeId, log },
        ...{ heartbeatMs: 100, heartbeatLifeMs: 400 },
        ...options,
      });
      made.start();
      opened.push({
        async close() {
          await made.close();
          await Promise.all([closeRedis(redis), closeRedis(subscriber)]);
        },
      });
      return made;
    },
    async close() {
      await Promise.all(opened.map((each) => each.close()));
    },
  };
};

let made = 0;

/** A record that no other test has. */
export const recordOf = (changes: Partial<RecordingRecord> = {}): RecordingRecord => {
  made += 1;
  return {
    recording_id: `rec-${made}`,
    call_id: 'call-1',
    control_id: 'greeting',
    node_id: 'node-1',
    state: 'recording',
    format: 'wav',
    direction: 'both',
    stereo: true,
    url: `http://127.0.0.1/recordings/rec-${made}.wav`,
    from: '+1',
    to: '+2',
    start_time: 1_767_225_600 + made,
    ...changes,
  };
};

/** How a recording may end. */
export const outcome: RecordingOutcome = {
  state: 'finished',
  end_reason: 'stop',
  end_time: 1_767_225_700.25,
  duration: 99.25,
  size: 3_176_044,
  channels: 2,
  file: '/var/lib/sipreel/rec.wav',
};

export const ending = { end_reason: 'stop', end_time: 1_767_225_700.25 } as const;
