import { z } from 'zod';
import type { Controlled, RecordingControl } from '../../../recorder/control/recording-control.ts';
import type { RecordingReference } from '../../../recorder/recorder.ts';
import { unknownRecording } from '../../../recorder/registry/record-steps.ts';
import type { Registry } from '../../../recorder/registry/registry.ts';
import type { Caller } from '../../access/caller.ts';
import { callerOf } from '../security.ts';
import type { ApiApp } from './api-app.ts';
import type { RecordingViews } from './recording-view.ts';
import { controlParams, problems, recordingParams, recordingSchema } from './schemas.ts';

export interface RecordingControlParts {
  readonly registry: Pick<Registry, 'get'>;
  readonly control: Pick<RecordingControl, 'stop' | 'pause' | 'resume'>;
  readonly views: RecordingViews;
}

const controlled = z
  .object({
    result: z
      .enum(['stopped', 'already_stopped', 'paused', 'already_paused', 'resumed', 'already_recording'])
      .describe('Whether this request did it, or the recording was so already'),
    recording: recordingSchema,
  })
  .meta({ id: 'Controlled' });

const pauseBody = z
  .strictObject({
    behavior: z
      .enum(['skip', 'silence'])
      .default('skip')
      .describe('What the pause leaves in the file: nothing, or silence of its length'),
  })
  // What a POST without a body has.
  .nullish();

/** POST .../stop, .../pause and .../resume of a recording, by its id and by its name within its call. */
export const addRecordingControl = (app: ApiApp, { registry, control, views }: RecordingControlParts): void => {
  const tags = ['recordings'];
  const answerOf = async ({ result, recording_id }: Controlled, caller: Caller) => {
    const record = await registry.get(recording_id);
    if (record === undefined) throw unknownRecording(recording_id);
    return { result, recording: await views.one(record, caller) };
  };

  /** Adds it for both ways to say which recording is meant. */
  const add = <Body extends z.ZodType>(
    verb: 'stop' | 'pause' | 'resume',
    summary: string,
    body: Body | undefined,
    act: (which: RecordingReference, body: unknown) => Promise<Controlled>,
  ): void => {
    const config = { access: 'control', audit: `recording.${verb}` } as const;
    const shared = { tags, ...(body === undefined ? {} : { body }), response: { 200: controlled, ...problems } };
    app.post(
      `/api/recordings/:recording_id/${verb}`,
      { config, schema: { ...shared, summary, params: recordingParams } },
      async (request) =>
        answerOf(await act({ recordingId: request.params.recording_id }, request.body), callerOf(request)),
    );
    app.post(
      `/api/calls/:call_id/recordings/:control_id/${verb}`,
      { config, schema: { ...shared, summary: `${summary}, by its name in a call`, params: controlParams } },
      async (request) => {
        const { call_id, control_id } = request.params;
        return answerOf(await act({ callId: call_id, controlId: control_id }, request.body), callerOf(request));
      },
    );
  };

  add('stop', 'Stop a recording; answered when its sound is on disk', undefined, (which) => control.stop(which));
  add('pause', 'Pause a recording; answered when nothing that comes is recorded any more', pauseBody, (which, body) =>
    control.pause(which, (body as z.output<typeof pauseBody>)?.behavior ?? 'skip'),
  );
  add('resume', 'Go on with a recording that is paused', undefined, (which) => control.resume(which));
};
