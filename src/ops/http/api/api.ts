import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { RecordingControl } from '../../../recorder/control/recording-control.ts';
import type { Waveforms } from '../../../recorder/control/waveforms.ts';
import type { Deliveries } from '../../../recorder/notify/deliveries.ts';
import type { Registry } from '../../../recorder/registry/registry.ts';
import type { SoundFacts } from '../../../recorder/registry/sound-facts.ts';
import type { Deletions } from '../../../recorder/retention/deletion.ts';
import type { CallControl } from '../../../switch/directory/call-control.ts';
import type { CallDirectory } from '../../../switch/directory/call-directory.ts';
import type { EventFeed } from '../../events/event-feed.ts';
import type { LevelFeed } from '../../events/level-feed.ts';
import type { Nodes } from '../../nodes/node-status.ts';
import { addIdempotency, type Idempotency } from '../idempotency.ts';
import { addCallingCommands } from './calling.ts';
import { addCallResource } from './calls.ts';
import { addDeliveryResource } from './deliveries.ts';
import { addEventResource } from './events.ts';
import { addMe } from './me.ts';
import { addNodeResource } from './nodes.ts';
import { addRecordingControl } from './recording-control.ts';
import { addRecordingSound } from './recording-sound.ts';
import { createRecordingViews, type RecordingViewParts } from './recording-view.ts';
import { addRecordingResource } from './recordings.ts';
import { addRetentionResource } from './retention.ts';
import { addStatistics } from './statistics.ts';

/** What the API looks at and acts through. */
export interface ApiParts extends Pick<RecordingViewParts, 'signedUrl'> {
  readonly registry: Pick<Registry, 'get' | 'list' | 'findNamed' | 'nodes' | 'hold' | 'release'>;
  readonly deletions: Pick<Deletions, 'remove'>;
  readonly control: RecordingControl;
  readonly directory: Pick<CallDirectory, 'list' | 'get'>;
  readonly calls: CallControl;
  readonly deliveries: Pick<Deliveries, 'ofRecording' | 'failed' | 'retry'>;
  readonly feed: Pick<EventFeed, 'listen'>;
  readonly levels: Pick<LevelFeed, 'listen'>;
  readonly waveforms: Waveforms;
  readonly facts: Pick<SoundFacts, 'sound' | 'hours' | 'kept'>;
  readonly nodes: Nodes;
  readonly idempotency: Idempotency;
}

/** Everything below /api. */
export const addApi = async (app: FastifyInstance, parts: ApiParts): Promise<void> => {
  await app.register((plain, _options, done) => {
    const scope = plain.withTypeProvider<ZodTypeProvider>();
    const views = createRecordingViews(parts);
    addIdempotency(plain, parts.idempotency);
    addCallResource(scope, { ...parts, views });
    addRecordingResource(scope, { ...parts, views });
    addRetentionResource(scope, { ...parts, views });
    addRecordingControl(scope, { ...parts, views });
    addDeliveryResource(scope, parts.deliveries);
    addCallingCommands(scope, parts);
    addRecordingSound(scope, parts);
    addNodeResource(scope, parts);
    addStatistics(scope, parts.facts);
    addMe(scope);
    addEventResource(scope, parts);
    done();
  });
};
