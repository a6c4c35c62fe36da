import { z } from 'zod';
import type { RecordingControl } from '../../../recorder/control/recording-control.ts';
import type { Waveforms } from '../../../recorder/control/waveforms.ts';
import { unknownRecording } from '../../../recorder/registry/record-steps.ts';
import type { Registry } from '../../../recorder/registry/registry.ts';
import type { SoundFacts } from '../../../recorder/registry/sound-facts.ts';
import { marksOf } from '../../../recorder/spool/marks.ts';
import type { ApiApp } from './api-app.ts';
import { problems, recordingParams } from './schemas.ts';

export interface RecordingSoundParts {
  readonly registry: Pick<Registry, 'get'>;
  readonly control: Pick<RecordingControl, 'journal'>;
  readonly facts: Pick<SoundFacts, 'sound'>;
  readonly waveforms: Waveforms;
}

const counts = z.object({ packets: z.number(), lost: z.number() });

const marksSchema = z
  .object({
    marks: z.array(
      z.object({
        kind: z
          .enum(['pause', 'key', 'hold', 'loss'])
          .describe('key: the party pressed one; hold: that side held the call'),
        at: z.number().describe('Seconds from the begin of the file'),
        length: z.number().describe('Seconds in the file; 0 for a moment, and for a pause that left nothing'),
        track: z.enum(['speak', 'listen']).optional().describe('The direction that it is about; both without it'),
        paused: z.number().optional().describe('Of a pause: seconds that it lasted'),
        packets: z.number().optional().describe('Of a loss: how many'),
      }),
    ),
    tracks: z
      .object({ speak: counts.optional(), listen: counts.optional() })
      .optional()
      .describe('RTP packets that came and that are missing; known when the file is ready'),
  })
  .meta({ id: 'RecordingMarks' });

const waveformSchema = z
  .object({
    channels: z
      .array(z.array(z.number()))
      .describe('For each channel 800 parts of equal length: the greatest swing, 0 to 255'),
  })
  .meta({ id: 'Waveform' });

/** What can be seen of a recording's sound. */
export const addRecordingSound = (app: ApiApp, { registry, control, facts, waveforms }: RecordingSoundParts): void => {
  const tags = ['recordings'];
  app.get(
    '/api/recordings/:recording_id/marks',
    {
      config: { access: 'read', audit: 'recording.read' },
      schema: {
        tags,
        summary: 'Where pauses, pressed keys, holds and lost packets are in the file',
        params: recordingParams,
        response: { 200: marksSchema, ...problems },
      },
    },
    async (request) => {
      const { recording_id } = request.params;
      if ((await registry.get(recording_id)) === undefined) {
        throw unknownRecording(recording_id);
      }
      const [journal, sound] = await Promise.all([control.journal(recording_id), facts.sound(recording_id)]);
      const marks = marksOf(journal, sound).map((mark) => ({ ...mark }));
      return { marks, ...(sound === undefined ? {} : { tracks: sound.tracks }) };
    },
  );
  app.get(
    '/api/recordings/:recording_id/waveform',
    {
      config: { access: 'read', audit: 'recording.read' },
      schema: {
        tags,
        summary: 'How loud a finished recording is, from begin to end; found at the first request, then kept',
        params: recordingParams,
        response: { 200: waveformSchema, ...problems },
      },
    },
    async (request, reply) => {
      const channels = await waveforms.of(request.params.recording_id);
      void reply.header('Cache-Control', 'private, max-age=3600');
      return { channels: channels.map((channel) => [...channel]) };
    },
  );
};
