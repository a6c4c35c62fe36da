import { SipreelError } from '../../errors/error.ts';
import type { AskOptions, Mailbox } from '../../recorder/control/mailbox.ts';
import type { RecordCallParameters } from '../../recorder/recording/parameters.ts';
import type { Call } from '../call/call.ts';
import type { CallDirectory, CallRecord } from './call-directory.ts';

/** What createCallControl needs. */
export interface CallControlParts {
  readonly directory: Pick<CallDirectory, 'get'>;
  readonly mailbox: Pick<Mailbox, 'handle' | 'ask'>;
  /** A call of this node that is up. */
  readonly find: (callId: string) => Call | undefined;
}

/** A recording that was started. */
export interface StartedRecording {
  readonly recording_id: string;
  readonly control_id: string;
}

/** The words of calling.end. */
export type EndCallReason = 'hangup' | 'cancel' | 'busy' | 'noAnswer' | 'decline' | 'error';

export const endCallReasons = ['hangup', 'cancel', 'busy', 'noAnswer', 'decline', 'error'] as const;

/**
 * Calls under control from any node. Every method throws call_unknown; node_gone, node_unanswered; redis_away for calls of
 * other nodes.
 */
export interface CallControl {
  /** Resolves when sound is captured. Throws call_ended, and what Call.record throws. */
  record(callId: string, parameters: RecordCallParameters, options?: AskOptions): Promise<StartedRecording>;
  /** Hangs up; resolves when the call is over and its recordings are on disk. */
  end(callId: string, reason: EndCallReason, options?: AskOptions): Promise<'ended' | 'already_ended'>;
}

/** What a caller gets whose call is not answered yet (RFC 3261 §21). */
const statusOf: Readonly<Record<EndCallReason, number>> = {
  hangup: 480,
  cancel: 480,
  noAnswer: 480,
  busy: 486,
  decline: 603,
  error: 500,
};

/** What the wire carries; nodes trust each other. */
interface RecordQuestion {
  readonly call_id: string;
  readonly parameters: RecordCallParameters;
}

interface EndQuestion {
  readonly call_id: string;
  readonly reason: EndCallReason;
}

const ended = (callId: string): SipreelError => new SipreelError('call_ended', `call ${callId} has ended`);

export const createCallControl = ({ directory, mailbox, find }: CallControlParts): CallControl => {
  const recordHere = async ({ call_id, parameters }: RecordQuestion): Promise<StartedRecording> => {
    const call = find(call_id);
    if (call === undefined || call.state().name === 'ended') throw ended(call_id);
    const { id, controlId } = await call.record(parameters);
    return { recording_id: id, control_id: controlId };
  };

  const endHere = async ({ call_id, reason }: EndQuestion): Promise<'ended' | 'already_ended'> => {
    const call = find(call_id);
    const state = call?.state().name;
    if (call === undefined || state === 'ended') return 'already_ended';
    await call.end({
      result: 'hangup',
      reason: `hung up from outside (${reason})`,
      ...(state === 'created' ? { status: statusOf[reason] } : {}),
    });
    return 'ended';
  };

  mailbox.handle('call.record', (body) => recordHere(body as unknown as RecordQuestion));
  mailbox.handle('call.end', (body) => endHere(body as unknown as EndQuestion));

  const placeOf = async (callId: string): Promise<CallRecord | undefined> => {
    const call = await directory.get(callId);
    if (call === undefined) throw new SipreelError('call_unknown', `there is no call ${JSON.stringify(callId)}`);
    return call.state === 'ended' ? undefined : call;
  };

  return {
    async record(callId, parameters, options) {
      const question: RecordQuestion = { call_id: callId, parameters };
      if (find(callId) !== undefined) return recordHere(question);
      const call = await placeOf(callId);
      if (call === undefined) throw ended(callId);
      return (await mailbox.ask(call.node_id, 'call.record', { ...question }, options)) as StartedRecording;
    },

    async end(callId, reason, options) {
      const question: EndQuestion = { call_id: callId, reason };
      if (find(callId) !== undefined) return endHere(question);
      const call = await placeOf(callId);
      if (call === undefined) return 'already_ended';
      return (await mailbox.ask(call.node_id, 'call.end', { ...question }, options)) as 'ended' | 'already_ended';
    },
  };
};
