import { z } from 'zod';
import { SipreelError } from '../../../errors/error.ts';
import type { RecordingControl } from '../../../recorder/control/recording-control.ts';
import { type CallControl, endCallReasons } from '../../../switch/directory/call-control.ts';
import { asRecordCallParameters, controlId, recordCallParameters } from '../../../switch/swml/methods/record-call.ts';
import { httpUrl } from '../../../switch/swml/parameter-types.ts';
import { faultsText, parameterFault } from '../parameter-fault.ts';
import type { ApiApp } from './api-app.ts';
import { startWithinMs } from './calls.ts';
import { problems } from './schemas.ts';

export interface CallingParts {
  readonly control: Pick<RecordingControl, 'stop' | 'pause' | 'resume'>;
  readonly calls: CallControl;
}

/** What calling.record has where nothing is said; record_call has other defaults. */
const audioDefaults = {
  format: 'mp3',
  direction: 'speak',
  terminators: '#*',
  initial_timeout: 5,
  end_silence_timeout: 1,
} as const;

const audio = recordCallParameters.omit({ control_id: true, status_url: true });
/** Only what was given: the defaults are those above. */
const givenAudio = z.record(z.string(), z.unknown());

const callId = z.string().min(1, 'it must be the id of a call').describe('The call');
const name = z.strictObject({ control_id: controlId() });

const commands = {
  'calling.record': z.strictObject({
    control_id: controlId().optional(),
    audio: givenAudio.optional().describe('The parameters of record_call; other defaults: mp3, speak, "#*", 5 s, 1 s'),
    record: z.strictObject({ audio: givenAudio.optional() }).optional().describe('The same as audio, the older form'),
    status_url: httpUrl().optional(),
  }),
  'calling.record.pause': name.extend({ behavior: z.enum(['skip', 'silence']).default('skip') }),
  'calling.record.resume': name,
  'calling.record.stop': name,
  'calling.end': z.strictObject({ reason: z.enum(endCallReasons).default('hangup') }),
} as const;

type CommandName = keyof typeof commands;

const isCommand = (text: string): text is CommandName => Object.hasOwn(commands, text);

const body = z.object({
  command: z.string().describe(Object.keys(commands).join(', ')),
  id: callId,
  params: z.record(z.string(), z.unknown()).default({}),
});

const answer = z
  .object({
    id: z.string().describe('The call'),
    command: z.string(),
    result: z.string().describe('recording; ended, already_ended; else as in Controlled'),
    control_id: z.string().optional(),
    recording_id: z.string().optional(),
  })
  .meta({ id: 'CommandResult' });

/** Checked parameters, or request_invalid with each that is at fault. */
const checked = <Schema extends z.ZodType>(schema: Schema, value: unknown, at: string): z.output<Schema> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => parameterFault(at, value, path.map(String), message));
  throw new SipreelError('request_invalid', faultsText(errors), { details: { errors } });
};

/** POST /api/calling/calls: the commands of the Relay HTTP API that are about recordings, and the one that hangs up. */
export const addCallingCommands = (app: ApiApp, { control, calls }: CallingParts): void => {
  const record = async (id: string, given: unknown) => {
    const params = checked(commands['calling.record'], given, '/body/params');
    const settings = checked(
      audio,
      { ...audioDefaults, ...params.record?.audio, ...params.audio },
      '/body/params/audio',
    );
    const { control_id, status_url } = params;
    const parameters = asRecordCallParameters({ ...settings, control_id, status_url });
    return { result: 'recording', ...(await calls.record(id, parameters, { timeoutMs: startWithinMs })) };
  };

  const run = async (command: CommandName, id: string, given: unknown) => {
    switch (command) {
      case 'calling.record':
        return record(id, given);
      case 'calling.record.pause': {
        const { control_id, behavior } = checked(commands[command], given, '/body/params');
        return { control_id, ...(await control.pause({ callId: id, controlId: control_id }, behavior)) };
      }
      case 'calling.record.resume': {
        const { control_id } = checked(commands[command], given, '/body/params');
        return { control_id, ...(await control.resume({ callId: id, controlId: control_id })) };
      }
      case 'calling.record.stop': {
        const { control_id } = checked(commands[command], given, '/body/params');
        return { control_id, ...(await control.stop({ callId: id, controlId: control_id })) };
      }
      case 'calling.end':
        return { result: await calls.end(id, checked(commands[command], given, '/body/params').reason) };
    }
  };

  app.post(
    '/api/calling/calls',
    {
      config: { access: 'control', audit: 'calling.command' },
      schema: {
        tags: ['calls'],
        summary: 'Commands as the Relay HTTP API has them: {command, id, params}',
        body,
        response: { 200: answer, ...problems },
      },
    },
    async (request) => {
      const { command, id, params } = request.body;
      if (!isCommand(command)) {
        const known = Object.keys(commands).join(', ');
        throw new SipreelError('command_unknown', `${JSON.stringify(command)} is none of the commands: ${known}`);
      }
      request.auditTarget = { command, call_id: id, ...(params.control_id ? { control_id: params.control_id } : {}) };
      return { id, command, ...(await run(command, id, params)) };
    },
  );
};
