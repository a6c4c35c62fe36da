import { z } from 'zod';
import { SipreelError } from '../../../errors/error.ts';
import type { Registry } from '../../../recorder/registry/registry.ts';
import type { CallControl } from '../../../switch/directory/call-control.ts';
import type { CallDirectory } from '../../../switch/directory/call-directory.ts';
import { asRecordCallParameters, recordCallParameters } from '../../../switch/swml/methods/record-call.ts';
import type { Caller } from '../../access/caller.ts';
import { callerOf } from '../security.ts';
import type { ApiApp } from './api-app.ts';
import type { RecordingView, RecordingViews } from './recording-view.ts';
import { callParams, callSchema, callWithRecordings, problems, recordingSchema } from './schemas.ts';

export interface CallResourceParts {
  readonly registry: Pick<Registry, 'get' | 'list'>;
  readonly directory: Pick<CallDirectory, 'list' | 'get'>;
  readonly calls: CallControl;
  readonly views: RecordingViews;
}

/** A call with more recordings shows its newest; GET /api/recordings has all of them. */
const mostRecordings = 100;
/** How long a start may take, ms: its beep and rtpengine take the time. */
export const startWithinMs = 10_000;

/** /api/calls: what is up, and what is to be recorded. */
export const addCallResource = (app: ApiApp, parts: CallResourceParts): void => {
  const { registry, directory, calls, views } = parts;
  const tags = ['calls'];

  const recordingsOf = async (callId: string, caller: Caller): Promise<RecordingView[]> => {
    const { recordings } = await registry.list({ limit: mostRecordings, filter: { call: callId } });
    return views.of(recordings, caller);
  };

  app.get(
    '/api/calls',
    {
      config: { access: 'read' },
      schema: {
        tags,
        summary: 'The calls that are up, on all nodes, newest first',
        response: { 200: z.object({ calls: z.array(callSchema) }).meta({ id: 'CallList' }), ...problems },
      },
    },
    async () => ({ calls: [...(await directory.list())] }),
  );

  app.get(
    '/api/calls/:call_id',
    {
      config: { access: 'read', audit: 'call.read' },
      schema: {
        tags,
        summary: 'A call that is up, or ended within a day, with its recordings',
        params: callParams,
        response: { 200: callWithRecordings, ...problems },
      },
    },
    async (request) => {
      const { call_id } = request.params;
      const call = await directory.get(call_id);
      if (call === undefined) {
        throw new SipreelError('call_unknown', `there is no call ${JSON.stringify(call_id.slice(0, 100))}`);
      }
      return { ...call, recordings: await recordingsOf(call_id, callerOf(request)) };
    },
  );

  app.get(
    '/api/calls/:call_id/recordings',
    {
      config: { access: 'read', audit: 'recording.list' },
      schema: {
        tags,
        summary: 'The recordings of a call, newest first',
        params: callParams,
        response: {
          200: z.object({ recordings: z.array(recordingSchema) }).meta({ id: 'RecordingsOfCall' }),
          ...problems,
        },
      },
    },
    async (request) => ({ recordings: await recordingsOf(request.params.call_id, callerOf(request)) }),
  );

  app.post(
    '/api/calls/:call_id/recordings',
    {
      config: { access: 'control', audit: 'recording.start' },
      schema: {
        tags,
        summary: 'Record a call that is answered, on whatever node; the parameters of record_call',
        params: callParams,
        body: recordCallParameters,
        response: { 201: recordingSchema, ...problems },
      },
    },
    async (request, reply) => {
      const { call_id } = request.params;
      const parameters = asRecordCallParameters(request.body);
      const { recording_id } = await calls.record(call_id, parameters, { timeoutMs: startWithinMs });
      const record = await registry.get(recording_id);
      if (record === undefined) {
        // It is being recorded all the same; the catalogue learns of it at its end.
        throw new SipreelError('redis_away', `recording ${recording_id} is not in the catalogue yet`);
      }
      return reply
        .code(201)
        .header('Location', `/api/recordings/${recording_id}`)
        .send(await views.one(record, callerOf(request)));
    },
  );
};
