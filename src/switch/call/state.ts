/** How a call ended; the same words in log, metric, API and event. */
export type CallResult =
  /** The script came to its end. */
  | 'completed'
  /** The script's hangup. */
  | 'hangup'
  /** The caller's BYE. */
  | 'caller_hung_up'
  /** The caller's CANCEL before an answer. */
  | 'cancelled'
  /** Refused with a final response: see the status. */
  | 'rejected'
  | 'script_error'
  /** The limit of answer's max_duration. */
  | 'max_duration'
  /** A fault of ours or of an outside part. */
  | 'failed'
  /** This server was told to go down at once. */
  | 'shutdown'
  /** The 200 was never acknowledged (RFC 3261 §13.3.1.4). */
  | 'no_ack'
  /** The caller has gone without a BYE: it did not refresh its session, or did not know it any more (RFC 4028). */
  | 'session_expired';

export interface CallEnd {
  readonly result: CallResult;
  /** One sentence for people, with the value at fault where there is one. */
  readonly reason: string;
  /** The final response, where the call was not answered. */
  readonly status?: number;
}

export type CallState =
  | { readonly name: 'created' }
  | { readonly name: 'answering' }
  | { readonly name: 'answered' }
  | ({ readonly name: 'ended'; readonly answered: boolean } & CallEnd);

export type CallEvent = { readonly event: 'answering' | 'answered' } | ({ readonly event: 'end' } & CallEnd);

/**
 * The call's state machine: created -> answering -> answered -> ended, ended from anywhere, and never twice: the first
 * end is the one that counts. An event that changes nothing gives back the same state.
 */
export const nextCallState = (state: CallState, event: CallEvent): CallState => {
  if (state.name === 'ended') return state;
  switch (event.event) {
    case 'answering':
      return state.name === 'created' ? { name: 'answering' } : state;
    case 'answered':
      return state.name === 'answering' ? { name: 'answered' } : state;
    case 'end': {
      const { event: _, ...end } = event;
      return { name: 'ended', answered: state.name === 'answered', ...end };
    }
  }
};
