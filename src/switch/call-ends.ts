import { asSipreelError, SipreelError } from '../errors/error.ts';
import type { CallEnd } from './call/state.ts';
import type { ScriptEnd } from './swml/script-end.ts';

/** What ends a call whose script came too late. */
export const endOfArrival = (reason: unknown): CallEnd => {
  const { message, code, kind } = asSipreelError(reason);
  return { result: code === 'draining' ? 'shutdown' : 'failed', reason: message, status: kind.sip };
};

/** What new calls are told while the server goes down. */
export const goingDown = (): SipreelError =>
  new SipreelError('draining', 'this server takes no new calls: it is going down');

/** How a call ends by what its far end did. */
export const farEnds = {
  bye: { result: 'caller_hung_up', reason: 'the caller hung up' },
  cancel: { result: 'cancelled', reason: 'the caller cancelled', status: 487 },
  no_ack: { result: 'no_ack', reason: 'the 200 was never acknowledged' },
  expired: { result: 'session_expired', reason: 'the caller has not refreshed the session in time' },
  gone: { result: 'session_expired', reason: 'the caller knows the call no more, or is not there' },
} as const satisfies Record<string, CallEnd>;

/** How a call ends by how its script did. */
export const endOfScript = (end: ScriptEnd): CallEnd => {
  switch (end.result) {
    case 'completed':
      return { result: 'completed', reason: 'the script came to its end', status: 480 };
    case 'hangup':
    case 'call_ended':
      return { result: 'hangup', reason: 'the call was over before the script', status: 480 };
    case 'script_error':
      return { result: 'script_error', reason: end.error.message, status: sipStatusOf(end.error) };
  }
};

/** A step that failed for a reason outside the script is refused for that reason: 503 while rtpengine is away. */
const sipStatusOf = (error: SipreelError): number =>
  error.cause instanceof SipreelError ? sipStatusOf(error.cause) : error.kind.sip;
