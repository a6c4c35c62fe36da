import type { Redis } from 'ioredis';
import { createNodes, type Nodes } from '../ops/nodes/node-status.ts';
import { createLevelReader, type LevelReader } from '../recorder/control/levels.ts';
import type { Mailbox } from '../recorder/control/mailbox.ts';
import { createWaveforms, type Waveforms } from '../recorder/control/waveforms.ts';
import type { FfmpegOptions } from '../recorder/encode/ffmpeg-binary.ts';
import type { EncodeQueue } from '../recorder/encode/queue.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { Registry } from '../recorder/registry/registry.ts';
import { createSoundFacts, type SoundFacts } from '../recorder/registry/sound-facts.ts';
import type { Stores } from '../recorder/storage/stores.ts';
import type { SwitchHealth } from '../switch/health.ts';
import { version } from '../version.ts';

/** What the wiring of a node has for those who look at it. */
export interface DeskParts {
  readonly redis: Redis;
  readonly prefix: string;
  readonly nodeId: string;
  readonly registry: Registry;
  readonly mailbox: Mailbox;
  readonly stores: Stores;
  readonly queue: EncodeQueue;
  readonly ffmpeg: FfmpegOptions;
  readonly active: Recorder['active'];
  /** Undefined until calls are taken. */
  readonly switchHealth: () => SwitchHealth | undefined;
  readonly spoolFree: () => number;
}

/** What people at an ops desk look at, for the API. */
export interface Desk {
  readonly levels: LevelReader;
  readonly api: { readonly waveforms: Waveforms; readonly facts: SoundFacts; readonly nodes: Nodes };
}

const starting: SwitchHealth = { accepting: false, calls: 0, drachtio: [], rtpengine: [], trunks: [] };

/** Wires it; nothing of it runs unless somebody asks. */
export const createDesk = (parts: DeskParts): Desk => {
  const { redis, prefix, nodeId, registry, mailbox, stores, queue, ffmpeg, active } = parts;
  const facts = createSoundFacts({ redis, prefix });
  return {
    levels: createLevelReader({ registry, mailbox, recorder: { active } }),
    api: {
      facts,
      waveforms: createWaveforms({ registry, facts, mailbox, storage: stores.storage, ffmpeg, nodeId }),
      nodes: createNodes({
        registry,
        mailbox,
        queue,
        async own() {
          const waiting = await queue.counts().catch(() => undefined);
          return {
            version: version(),
            ...(parts.switchHealth() ?? starting),
            recordings: active().length,
            redis: redis.status === 'ready',
            stores: await stores.states(),
            spool_free_bytes: parts.spoolFree(),
            ...(waiting === undefined ? {} : { queue: waiting }),
          };
        },
      }),
    },
  };
};
