import { z } from 'zod';
import { SipreelError } from '../../../errors/error.ts';
import type { RecordingControl } from '../../../recorder/control/recording-control.ts';
import type { Deliveries } from '../../../recorder/notify/deliveries.ts';
import type { RecordingRecord } from '../../../recorder/recording/record.ts';
import type { Registry } from '../../../recorder/registry/registry.ts';
import { callerOf } from '../security.ts';
import type { ApiApp } from './api-app.ts';
import type { RecordingViews } from './recording-view.ts';
import {
  controlParams,
  deliverySchema,
  journalEntrySchema,
  limit,
  moment,
  problems,
  recordingParams,
  recordingSchema,
  recordingStates,
} from './schemas.ts';

export interface RecordingResourceParts {
  readonly registry: Pick<Registry, 'get' | 'list' | 'findNamed'>;
  readonly control: Pick<RecordingControl, 'journal'>;
  readonly deliveries: Pick<Deliveries, 'ofRecording' | 'retry'>;
  readonly views: RecordingViews;
}

const page = z
  .object({
    recordings: z.array(recordingSchema),
    next: z.string().optional().describe('The cursor of the next page; missing on the last one'),
  })
  .meta({ id: 'RecordingPage' });

const query = z.strictObject({
  call: z.string().optional().describe('A call_id'),
  state: z.enum(recordingStates).optional(),
  from: z.string().optional().describe('A number, or a URI of which the number counts'),
  to: z.string().optional().describe('A number, or a URI of which the number counts'),
  trunk: z.string().optional().describe('The name of the trunk that the call came from'),
  held: z.literal('true').optional().describe('Those that are held'),
  since: moment().optional(),
  until: moment().optional(),
  limit: limit().describe('How many at most; a page may be shorter and yet not be the last'),
  cursor: z.string().optional().describe('`next` of the page before'),
});

/** The recording, or recording_unknown. */
const found = (record: RecordingRecord | undefined, what: string): RecordingRecord => {
  if (record !== undefined) return record;
  throw new SipreelError('recording_unknown', `there is no recording ${what}`);
};

const named = ({ call_id, control_id }: z.output<typeof controlParams>): string =>
  `${JSON.stringify(control_id.slice(0, 300))} of call ${call_id.slice(0, 100)}`;

/** /api/recordings, and the same recordings by the name that a call gave them. */
export const addRecordingResource = (app: ApiApp, parts: RecordingResourceParts): void => {
  const { registry, control, deliveries, views } = parts;
  const tags = ['recordings'];
  const get = async (id: string): Promise<RecordingRecord> =>
    found(await registry.get(id), JSON.stringify(id.slice(0, 100)));
  const getNamed = async (names: z.output<typeof controlParams>): Promise<RecordingRecord> =>
    found(await registry.findNamed(names.call_id, names.control_id), named(names));

  app.get(
    '/api/recordings',
    {
      config: { access: 'read', audit: 'recording.list' },
      schema: {
        tags,
        summary: 'List recordings, newest first',
        querystring: query,
        response: { 200: page, ...problems },
      },
    },
    async (request) => {
      const { limit: most, cursor, held, ...rest } = request.query;
      const filter = { ...rest, ...(held === undefined ? {} : { held: true as const }) };
      const { recordings, next } = await registry.list({ limit: most, cursor, filter });
      const shown = await views.of(recordings, callerOf(request));
      return { recordings: shown, ...(next === undefined ? {} : { next }) };
    },
  );

  app.get(
    '/api/recordings/:recording_id',
    {
      config: { access: 'read', audit: 'recording.read' },
      schema: {
        tags,
        summary: 'A recording, with a URL that it can be heard at',
        params: recordingParams,
        response: { 200: recordingSchema, ...problems },
      },
    },
    async (request) => views.one(await get(request.params.recording_id), callerOf(request)),
  );

  app.get(
    '/api/calls/:call_id/recordings/:control_id',
    {
      config: { access: 'read', audit: 'recording.read' },
      schema: {
        tags,
        summary: 'The recording of the call that has this control_id, or had it last',
        params: controlParams,
        response: { 200: recordingSchema, ...problems },
      },
    },
    async (request) => views.one(await getNamed(request.params), callerOf(request)),
  );

  app.get(
    '/api/recordings/:recording_id/events',
    {
      config: { access: 'read', audit: 'recording.read' },
      schema: {
        tags,
        summary: 'What happened to a recording: its journal, and its status events on their way',
        params: recordingParams,
        response: {
          200: z
            .object({ journal: z.array(journalEntrySchema), deliveries: z.array(deliverySchema) })
            .meta({ id: 'RecordingEvents' }),
          ...problems,
        },
      },
    },
    async (request) => {
      const { recording_id } = await get(request.params.recording_id);
      const [journal, events] = await Promise.all([
        control.journal(recording_id),
        deliveries.ofRecording(recording_id),
      ]);
      return { journal: journal.map((entry) => ({ ...entry })), deliveries: [...events] };
    },
  );
};
