import type { RecordCallParameters } from '../../recorder/recording/parameters.ts';
import type { PauseBehavior } from '../../recorder/recording/pauses.ts';
import type { EndReason, RecordingState } from '../../recorder/recording/record.ts';
import type { LegCodec } from '../../rtp/leg-codecs.ts';
import type { ConnectFailure } from '../call/ring-plan.ts';
import type { PeerMedia } from '../media/peer-offer.ts';

/** What is known of the call from its INVITE: the `call` object of scripts. */
export interface CallFacts {
  readonly call_id: string;
  readonly node_id: string;
  readonly segment_id: string;
  readonly direction: 'inbound' | 'outbound';
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

/** How a recording has ended; the words of status events. */
export interface RecordingEnd {
  /** finishing: its sound is on disk and its file is being made. */
  readonly state: Exclude<RecordingState, 'recording' | 'paused'>;
  readonly end_reason: EndReason;
}

/** What has become of a recording: it was paused, goes on, or has ended. */
export type RecordingChange = { readonly state: 'recording' | 'paused' } | RecordingEnd;

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

/** How digits are collected. */
export interface PromptPlan extends PlayOptions {
  /** So many digits are enough. */
  readonly maxDigits: number;
  /** Digits that end it and are none of those that are collected. */
  readonly terminators: string;
  /** How long the next digit is waited for, seconds. */
  readonly digitTimeoutS: number;
  /** How long the first digit is waited for once all was heard, seconds. */
  readonly initialTimeoutS: number;
}

export interface CollectedDigits {
  readonly digits: string;
  /** The terminator that was pressed, or empty. */
  readonly terminator: string;
  readonly endedBy: 'max_digits' | 'terminator' | 'digit_timeout' | 'initial_timeout';
}

/** A live copy of the call's sound. */
export interface TapPlan {
  /** Made up where none is given. */
  readonly controlId?: string | undefined;
  /** both: the two mixed. */
  readonly direction: 'speak' | 'listen' | 'both';
  readonly codec: 'PCMU' | 'PCMA';
  /** Where RTP is sent to. */
  readonly to: { readonly address: string; readonly port: number };
  /** Where calling.call.tap events are posted. */
  readonly statusUrl?: string | undefined;
}

export type TapResult =
  | {
      readonly result: 'success';
      readonly control_id: string;
      /** Where RTP comes from. */
      readonly source: { readonly address: string; readonly port: number };
    }
  | { readonly result: 'failed'; readonly control_id: string; readonly reason: string };

/** A REFER: asks the party's far end to call somebody else (RFC 3515). */
export interface ReferPlan {
  /** A sip: URI. */
  readonly to: string;
  /** For a far end that asks who we are. */
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  /** Called when the far end has taken the REFER and calls now. */
  readonly onAccepted?: () => void;
}

/** What became of a REFER. The statuses are 0 where there was none. */
export interface ReferResult {
  /** The final response to the REFER. */
  readonly responseCode: number;
  /** What whom it was referred to has answered, as the far end's last NOTIFY says. */
  readonly notifyCode: number;
  /** One sentence for people. */
  readonly reason: string;
}

/** What a status_url is told of something that a method does. */
export interface MethodEvent {
  /** calling.call.TYPE */
  readonly type: 'play' | 'collect' | 'tap' | 'refer' | 'connect' | 'state';
  /** The same for all events of one thing, and of nothing else. */
  readonly id: string;
  readonly state: string;
  /** The state that was told before, which is delivered first if it can be. */
  readonly after?: string;
  /** What else is in params. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** One who is called. */
export interface ConnectTarget {
  /** A number or a sip: URI. */
  readonly to: string;
  readonly from?: string | undefined;
  /** The name that is shown beside it. */
  readonly fromName?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  /** How long it may ring, seconds. */
  readonly timeoutS: number;
  /** What a URI is offered; a number is offered what its trunk says. */
  readonly offered?: PeerMedia | undefined;
  /** The Session-Expires that a URI is asked for, seconds; default: the configuration's. */
  readonly sessionExpiresS?: number | undefined;
  /** Who is told of the states of its leg. */
  readonly states?: LegStatesWanted | undefined;
}

/** What becomes of a leg that is dialled. */
export const legStates = ['created', 'ringing', 'answered', 'ended'] as const;

export type LegState = (typeof legStates)[number];

/** The calling.call.state events of a leg. */
export interface LegStatesWanted {
  readonly url: string;
  readonly states: readonly LegState[];
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
  /** Who answers is asked first, while the party hears it ring. */
  readonly confirm?:
    | {
        /** Resolves with true if the callee is to be connected; it may hang up on it too. */
        readonly run: (callee: CallPort) => Promise<boolean>;
        /** How long that may take, seconds. */
        readonly timeoutS: number;
      }
    | undefined;
  /** Called when the party is connected. */
  readonly onConnected?: (peer: ConnectedPeer) => void;
}

/** With whom the party is connected. */
export interface ConnectedPeer {
  /** The id of its leg. */
  readonly id: string;
  readonly to: string;
  readonly from: string | undefined;
}

export type ConnectResult =
  | { readonly result: 'connected'; readonly endedBy: 'peer' | 'max_duration' }
  | { readonly result: 'failed'; readonly reason: ConnectFailure; readonly text: string };

export interface AnswerOptions {
  /** These come first where the party has one of them and nothing was agreed before. */
  readonly codecs?: readonly LegCodec[] | undefined;
}

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
  answer(how?: AnswerOptions): Promise<void>;
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
   * told as long as the call lasts: when the recording is paused and goes on, when it has ended, and when its file is there
   * or there will be none.
   */
  recordCall(parameters: RecordCallParameters, onChange?: (change: RecordingChange) => void): Promise<RecordCallResult>;
  /**
   * Resolves when the recording that was started last under this name has ended and is playable, or has failed; still
   * finishing if its file takes too long.
   */
  recordingEnded(controlId: string): Promise<RecordingEnd>;
  /**
   * Rings others and connects the party with the first who answers; resolves when they have hung up, or nobody has
   * answered. The party is not hung up by it.
   */
  connect(plan: ConnectPlan): Promise<ConnectResult>;
  /**
   * Plays the entries, unless the first digit comes before their end, and collects the party's digits. Rejects with a
   * SipreelError if an entry cannot be played.
   */
  prompt(urls: readonly string[], plan: PromptPlan): Promise<CollectedDigits>;
  /**
   * Sends digits (0-9 A-D * #, and the pauses W of a second and w of half of one) to the party: as events (RFC 4733), or
   * as tones where it takes none. Resolves when they are sent.
   */
  sendDigits(digits: string): Promise<'events' | 'tones'>;
  /** Starts a copy of the sound, which ends with the call. Failing to is a result, not an error. */
  tap(plan: TapPlan): Promise<TapResult>;
  /** Failed if the control_id is unknown or has ended already. */
  stopTap(controlId: string): Promise<'success' | 'failed'>;
  /** Resolves when the far end has said what became of it. The call goes on. */
  refer(plan: ReferPlan): Promise<ReferResult>;
  /** Tells whoever listens to the events of calls. */
  userEvent(event: Readonly<Record<string, unknown>>): void;
  /** Owes an event to a status_url. Never throws. */
  tell(statusUrl: string, event: MethodEvent): void;
  /**
   * Stops a recording of this call, or of another one on whatever node; resolves when its URL is playable. failed if the
   * control_id is unknown or has ended already.
   */
  stopRecordCall(controlId: string, callId?: string): Promise<'success' | 'failed'>;
  /** Resolves when nothing is recorded any more, or was not before; whose and failed as for stopRecordCall. */
  pauseRecordCall(controlId: string, behavior: PauseBehavior, callId?: string): Promise<'success' | 'failed'>;
  /** Resolves when sound is recorded again, or was before; whose and failed as for stopRecordCall. */
  resumeRecordCall(controlId: string, callId?: string): Promise<'success' | 'failed'>;
}
