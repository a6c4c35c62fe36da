import type { RecordCallParameters } from '../../recorder/recording/parameters.ts';
import type { EndReason, RecordingState } from '../../recorder/recording/record.ts';
import type { ConnectFailure } from '../call/ring-plan.ts';

/** What is known of the call from its INVITE: the `call` object of scripts. */
export interface CallFacts {
  readonly call_id: string;
  readonly node_id: string;
  readonly segment_id: string;
  readonly direction: 'inbound';
  readonly type: 'sip';
  readonly from: string;
  readonly to: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type HangupReason = 'hangup' | 'busy' | 'decline';

/** The parameters of record_call as the script gave them, variables already expanded, not yet checked. */
export type RawParameters = Readonly<Record<string, unknown>>;

export type RecordCallResult =
  | { readonly result: 'success'; readonly control_id: string; readonly url: string }
  | { readonly result: 'failed'; readonly control_id: string; readonly reason: string };

/** What has become of a recording; the words of status events. */
export interface RecordingChange {
  /** finishing: its sound is on disk and its file is being made. */
  readonly state: Exclude<RecordingState, 'recording' | 'paused'>;
  readonly end_reason: EndReason;
}

export interface PlayOptions {
  /** -40..40, 0 = as it is. */
  readonly volumeDb: number;
  /** False: play to a call that is not answered as early media, where that can be done; true by default. */
  readonly answer?: boolean;
  /** How `say:` speaks; each by default as configured. */
  readonly say?: {
    readonly voice?: string | undefined;
    readonly language?: string | undefined;
    readonly gender?: string | undefined;
  };
}

/** One who is called. */
export interface ConnectTarget {
  /** A number or a sip: URI. */
  readonly to: string;
  readonly from?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  /** How long it may ring, seconds. */
  readonly timeoutS: number;
}

export interface ConnectPlan {
  /** Groups that ring one after the other; those of a group ring at once. */
  readonly groups: readonly (readonly ConnectTarget[])[];
  /** How long the connection may last, seconds. */
  readonly maxDurationS: number;
  /** What the party hears while it rings; empty: the far end's early media, else the usual ringing. */
  readonly ringback: readonly string[];
  /** The party is answered only when the other leg has answered. */
  readonly answerOnBridge: boolean;
}

export type ConnectResult =
  | { readonly result: 'connected'; readonly endedBy: 'peer' | 'max_duration' }
  | { readonly result: 'failed'; readonly reason: ConnectFailure; readonly text: string };

/**
 * All that a script can do to its call. The switch implements it; methods know nothing else of SIP and media.
 * Every promise rejects with the signal's reason as soon as the call ends.
 */
export interface CallPort {
  readonly facts: CallFacts;
  /** Aborted when the call ends, by whoever ended it. */
  readonly signal: AbortSignal;
  state(): 'created' | 'answered' | 'ended';
  /** Idempotent: resolves at once if the call is answered already. */
  answer(): Promise<void>;
  /** Ends the call: BYE if answered, else 486 for busy, 603 for decline, 480 for hangup. */
  hangup(reason: HangupReason): Promise<void>;
  /** Ends the call so many seconds after it was answered; the last limit counts. */
  limitDuration?(seconds: number): void;
  /**
   * Plays the entries one after the other to the party; resolves when the last has been heard. An entry is
   * `http(s)://...`, `say:TEXT`, `silence:SECONDS` or `ring:[SECONDS:]COUNTRY`. Rejects with a SipreelError if one
   * cannot be played.
   */
  play(urls: readonly string[], options: PlayOptions): Promise<void>;
  /**
   * Checked parameters (see parameters.ts of the recorder). Failing to record is a result, not an error. `onChange` is
   * told as long as the call lasts: when the recording has ended, and when its file is there or there will be none.
   */
  recordCall(parameters: RecordCallParameters, onChange?: (change: RecordingChange) => void): Promise<RecordCallResult>;
  /**
   * Resolves when the recording that was started last under this name has ended and is playable, or has failed; still
   * finishing if its file takes too long.
   */
  recordingEnded(controlId: string): Promise<RecordingChange>;
  /**
   * Rings others and connects the party with the first who answers; resolves when they have hung up, or nobody has
   * answered. The party is not hung up by it.
   */
  connect(plan: ConnectPlan): Promise<ConnectResult>;
  /**
   * Stops a recording of this call, or of another one on whatever node; resolves when its URL is playable. failed if the
   * control_id is unknown or has ended already.
   */
  stopRecordCall(controlId: string, callId?: string): Promise<'success' | 'failed'>;
}
