import { z } from 'zod';

/** What the API takes and gives; docs/openapi.json is made of it. Times are Unix seconds with fractions. */

const seconds = (what: string) => z.number().describe(`${what}, Unix seconds with fractions`);

export const recordingStates = ['recording', 'paused', 'finishing', 'finished', 'no_input', 'error'] as const;

const errorReport = z
  .object({ code: z.string(), message: z.string(), remedy: z.string() })
  .describe('Why there is no file, or why it is not all of the recording');

export const recordingSchema = z
  .object({
    recording_id: z.string(),
    call_id: z.string(),
    control_id: z.string(),
    node_id: z.string().describe('The node that captures it, or did'),
    state: z.enum(recordingStates),
    format: z.enum(['wav', 'mp3', 'mp4']),
    direction: z.enum(['speak', 'listen', 'both']),
    stereo: z.boolean(),
    url: z
      .string()
      .describe('Where it is heard: signed, and so good for anybody until it expires, if the key has the scope audio'),
    from: z.string(),
    to: z.string(),
    trunk: z.string().optional(),
    start_time: seconds('When it began'),
    paused_at: seconds('Since when it is paused').optional(),
    pause_behavior: z.enum(['skip', 'silence']).optional().describe('What the pause that lasts leaves in the file'),
    end_time: seconds('When its sound ended').optional(),
    end_reason: z
      .enum(['stop', 'terminator', 'max_length', 'end_silence', 'initial_timeout', 'hangup', 'error'])
      .optional(),
    duration: z.number().optional().describe('Seconds of sound in the file'),
    size: z.number().optional().describe('Bytes'),
    channels: z.number().optional(),
    error: errorReport.optional(),
    mended_at: seconds(
      'When its file was made after all: it had ended as an error without one, and error says why',
    ).optional(),
    hold: z
      .object({ reason: z.string(), at: seconds('Since when'), by: z.string().describe('Who wants it so') })
      .optional()
      .describe('Nothing deletes it'),
    deleting: z
      .object({
        why: z.enum(['request', 'age']),
        at: seconds('Since when'),
        by: z.string().describe('Who wants it so'),
      })
      .optional()
      .describe('It is being deleted, and cannot be heard any more'),
    waiting_for_node: z
      .string()
      .optional()
      .describe('The node that has its sound and is not there: the file is made when it is back'),
  })
  .meta({ id: 'Recording' });

export const callSchema = z
  .object({
    call_id: z.string(),
    node_id: z.string(),
    direction: z.enum(['inbound']),
    from: z.string(),
    to: z.string(),
    trunk: z.string().optional(),
    state: z.enum(['created', 'answered', 'ended']),
    start_time: seconds('When the INVITE came'),
    answer_time: seconds('When it was answered').optional(),
    end_time: seconds('When it ended').optional(),
    result: z.string().optional().describe('How it ended, in the words of the log'),
    reason: z.string().optional(),
  })
  .meta({ id: 'Call' });

export const callWithRecordings = callSchema
  .extend({ recordings: z.array(recordingSchema).describe('Those of the call that are known, newest first') })
  .meta({ id: 'CallWithRecordings' });

export const deliverySchema = z
  .object({
    n: z.number().describe("Its number among the recording's events, from 1; 0 if it is no recording's"),
    event_id: z.string(),
    state: z.enum(['waiting', 'delivering', 'delivered', 'failed', 'forgotten']),
    recording_id: z.string().optional(),
    call_id: z.string().optional(),
    tells: z.string().optional().describe('The state that the event tells'),
    to: z.string().optional().describe('Scheme, host and port of status_url'),
    attempts: z.number().optional(),
    queued_at: seconds('When it was owed').optional(),
    delivered_at: seconds('When it was taken').optional(),
    next_attempt_at: seconds('When it is tried again').optional(),
    error: z.string().optional().describe('How the last attempt failed'),
  })
  .meta({ id: 'Delivery' });

export const journalEntrySchema = z
  .looseObject({
    event: z.string().describe('opened, sdp, started, masked, paused, resumed, stopped, captured'),
    t: z.number().describe("Milliseconds on the recording's clock"),
  })
  .meta({ id: 'JournalEntry' });

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string().describe('What is wrong, with the value at fault'),
    code: z.string().describe('See docs/24-errors.md'),
    remedy: z.string().describe('What to do'),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .describe('Each parameter at fault'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

/** Every error of a route, whatever its status. */
export const problems = {
  '4XX': {
    description: 'The request cannot be done',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
  '5XX': {
    description: 'Something of the server, or around it, is not as it should be',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
} as const;

export const recordingParams = z.object({ recording_id: z.string() });
export const callParams = z.object({ call_id: z.string() });
export const controlParams = z.object({ call_id: z.string(), control_id: z.string() });

/** ISO 8601 or Unix seconds; gives Unix seconds. */
export const moment = () =>
  z
    .string()
    .describe('ISO 8601, such as 2026-11-22T10:00:00Z, or Unix seconds')
    .transform((text, context) => {
      const time = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1000;
      if (Number.isFinite(time)) return time;
      context.addIssue('it must be a time such as 2026-11-22T10:00:00Z, or Unix seconds');
      return z.NEVER;
    });

/** How many entries a page has at most. */
export const limit = () =>
  z.coerce
    .number({ error: 'it must be a whole number from 1 to 500' })
    .int('it must be a whole number from 1 to 500')
    .min(1, 'it must be a whole number from 1 to 500')
    .max(500, 'it must be a whole number from 1 to 500')
    .default(50);
