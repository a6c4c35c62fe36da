import { z } from 'zod';
import { unknownRecording } from '../../../recorder/registry/record-steps.ts';
import type { Registry } from '../../../recorder/registry/registry.ts';
import type { Deletions } from '../../../recorder/retention/deletion.ts';
import type { Caller } from '../../access/caller.ts';
import { callerOf } from '../security.ts';
import type { ApiApp } from './api-app.ts';
import type { RecordingView, RecordingViews } from './recording-view.ts';
import { problems, recordingParams, recordingSchema } from './schemas.ts';

export interface RetentionResourceParts {
  readonly registry: Pick<Registry, 'get' | 'hold' | 'release'>;
  readonly deletions: Pick<Deletions, 'remove'>;
  readonly views: RecordingViews;
}

const holdBody = z.strictObject({
  reason: z
    .string({ error: 'it must say why the recording is held' })
    .trim()
    .min(1, 'it must say why the recording is held')
    .max(500, 'it may have 500 characters')
    .describe('Why it is held, such as the name of a case'),
});

/** Who it was, for those who read it later. */
const nameOf = (caller: Caller): string => (caller.by === 'key' ? `${caller.name} (key ${caller.id})` : caller.by);

const now = (): number => Date.now() / 1000;

/** DELETE /api/recordings/{id}, and the hold that keeps it from being deleted. */
export const addRetentionResource = (app: ApiApp, { registry, deletions, views }: RetentionResourceParts): void => {
  const tags = ['recordings'];
  const shown = async (id: string, caller: Caller): Promise<RecordingView> => {
    const record = await registry.get(id);
    if (record === undefined) throw unknownRecording(id);
    return views.one(record, caller);
  };

  app.delete(
    '/api/recordings/:recording_id',
    {
      config: { access: 'admin', audit: 'recording.delete' },
      schema: {
        tags,
        summary: 'Delete an ended recording: its file, all copies of it, what was captured, and what is known of it',
        params: recordingParams,
        response: {
          202: recordingSchema.describe('It is gone for whoever asks; copies go as soon as what has them is there'),
          204: z.undefined().describe('It is gone'),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { recording_id } = request.params;
      const caller = callerOf(request);
      const result = await deletions.remove(recording_id, { why: 'request', at: now(), by: nameOf(caller) });
      const record = result === 'deleted' ? undefined : await registry.get(recording_id);
      if (record === undefined) return reply.code(204).send();
      return reply.code(202).send(await views.one(record, caller));
    },
  );

  app.put(
    '/api/recordings/:recording_id/hold',
    {
      config: { access: 'admin', audit: 'recording.hold' },
      schema: {
        tags,
        summary: 'Hold a recording: nothing deletes it, by age or by request, until the hold is taken off',
        params: recordingParams,
        body: holdBody,
        response: { 200: recordingSchema, ...problems },
      },
    },
    async (request) => {
      const { recording_id } = request.params;
      const caller = callerOf(request);
      const { reason } = request.body;
      request.auditTarget = { reason };
      await registry.hold(recording_id, { reason, at: now(), by: nameOf(caller) });
      return shown(recording_id, caller);
    },
  );

  app.delete(
    '/api/recordings/:recording_id/hold',
    {
      config: { access: 'admin', audit: 'recording.release' },
      schema: {
        tags,
        summary: 'Take the hold off a recording; one that is not held stays so',
        params: recordingParams,
        response: { 200: recordingSchema, ...problems },
      },
    },
    async (request) => {
      const { recording_id } = request.params;
      await registry.release(recording_id);
      return shown(recording_id, callerOf(request));
    },
  );
};
