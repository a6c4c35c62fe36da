// Made of docs/openapi.json by `npm run docs`.

export interface Recording {
  readonly recording_id: string;
  readonly call_id: string;
  readonly control_id: string;
  /** The node that captures it, or did */
  readonly node_id: string;
  readonly state: 'recording' | 'paused' | 'finishing' | 'finished' | 'no_input' | 'error';
  readonly format: 'wav' | 'mp3' | 'mp4';
  readonly direction: 'speak' | 'listen' | 'both';
  readonly stereo: boolean;
  /** Where it is heard: signed, and so good for anybody until it expires, if the key has the scope audio */
  readonly url: string;
  readonly from: string;
  readonly to: string;
  readonly trunk?: string;
  /** When it began, Unix seconds with fractions */
  readonly start_time: number;
  /** Since when it is paused, Unix seconds with fractions */
  readonly paused_at?: number;
  /** What the pause that lasts leaves in the file */
  readonly pause_behavior?: 'skip' | 'silence';
  /** When its sound ended, Unix seconds with fractions */
  readonly end_time?: number;
  readonly end_reason?: 'stop' | 'terminator' | 'max_length' | 'end_silence' | 'initial_timeout' | 'hangup' | 'error';
  /** Seconds of sound in the file */
  readonly duration?: number;
  /** Bytes */
  readonly size?: number;
  readonly channels?: number;
  /** Why there is no file, or why it is not all of the recording */
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly remedy: string;
  };
  /** When its file was made after all: it had ended as an error without one, and error says why, Unix seconds with fractions */
  readonly mended_at?: number;
  /** Nothing deletes it */
  readonly hold?: {
    readonly reason: string;
    /** Since when, Unix seconds with fractions */
    readonly at: number;
    /** Who wants it so */
    readonly by: string;
  };
  /** It is being deleted, and cannot be heard any more */
  readonly deleting?: {
    readonly why: 'request' | 'age';
    /** Since when, Unix seconds with fractions */
    readonly at: number;
    /** Who wants it so */
    readonly by: string;
  };
  /** The node that has its sound and is not there: the file is made when it is back */
  readonly waiting_for_node?: string;
}

export interface Call {
  readonly call_id: string;
  readonly node_id: string;
  readonly direction: 'inbound';
  readonly from: string;
  readonly to: string;
  readonly trunk?: string;
  readonly state: 'created' | 'answered' | 'ended';
  /** When the INVITE came, Unix seconds with fractions */
  readonly start_time: number;
  /** When it was answered, Unix seconds with fractions */
  readonly answer_time?: number;
  /** When it ended, Unix seconds with fractions */
  readonly end_time?: number;
  /** How it ended, in the words of the log */
  readonly result?: string;
  readonly reason?: string;
}

export interface CallWithRecordings {
  readonly call_id: string;
  readonly node_id: string;
  readonly direction: 'inbound';
  readonly from: string;
  readonly to: string;
  readonly trunk?: string;
  readonly state: 'created' | 'answered' | 'ended';
  /** When the INVITE came, Unix seconds with fractions */
  readonly start_time: number;
  /** When it was answered, Unix seconds with fractions */
  readonly answer_time?: number;
  /** When it ended, Unix seconds with fractions */
  readonly end_time?: number;
  /** How it ended, in the words of the log */
  readonly result?: string;
  readonly reason?: string;
  /** Those of the call that are known, newest first */
  readonly recordings: readonly Recording[];
}

export interface Delivery {
  /** Its number among the recording's events, from 1; 0 if it is no recording's */
  readonly n: number;
  readonly event_id: string;
  readonly state: 'waiting' | 'delivering' | 'delivered' | 'failed' | 'forgotten';
  readonly recording_id?: string;
  readonly call_id?: string;
  /** The state that the event tells */
  readonly tells?: string;
  /** Scheme, host and port of status_url */
  readonly to?: string;
  readonly attempts?: number;
  /** When it was owed, Unix seconds with fractions */
  readonly queued_at?: number;
  /** When it was taken, Unix seconds with fractions */
  readonly delivered_at?: number;
  /** When it is tried again, Unix seconds with fractions */
  readonly next_attempt_at?: number;
  /** How the last attempt failed */
  readonly error?: string;
}

export interface JournalEntry {
  /** opened, sdp, started, masked, paused, resumed, stopped, captured */
  readonly event: string;
  /** Milliseconds on the recording's clock */
  readonly t: number;
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What is wrong, with the value at fault */
  readonly detail: string;
  /** See docs/24-errors.md */
  readonly code: string;
  /** What to do */
  readonly remedy: string;
  /** Each parameter at fault */
  readonly errors?: readonly {
    readonly pointer: string;
    readonly detail: string;
  }[];
}

export interface CommandResult {
  /** The call */
  readonly id: string;
  readonly command: string;
  /** recording; ended, already_ended; else as in Controlled */
  readonly result: string;
  readonly control_id?: string;
  readonly recording_id?: string;
}

export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  /** `from` of the next page; missing on the last one */
  readonly next?: number;
}

export interface Me {
  /** loopback: there is no key, and the server answers its own machine alone */
  readonly by: 'key' | 'loopback';
  /** Of the key */
  readonly name?: string;
  readonly scopes: readonly ('read' | 'control' | 'audio' | 'admin')[];
}

export interface NodeStatus {
  readonly version: string;
  /** False once it drains */
  readonly accepting: boolean;
  readonly calls: number;
  /** Being captured */
  readonly recordings: number;
  readonly redis: boolean;
  readonly drachtio: readonly {
    readonly address: string;
    readonly ok: boolean;
    readonly calls: number;
  }[];
  readonly rtpengine: readonly {
    readonly address: string;
    readonly ok: boolean;
    readonly calls: number;
  }[];
  readonly trunks: readonly {
    readonly name: string;
    readonly up: boolean;
    readonly inbound_calls: number;
    readonly outbound_calls: number;
  }[];
  readonly stores: readonly {
    /** A folder, or s3://bucket */
    readonly store: string;
    readonly ok: boolean;
    readonly free_bytes?: number;
    readonly error?: string;
  }[];
  /** Where captured sound goes */
  readonly spool_free_bytes: number;
  /** Recordings that wait for their files */
  readonly queue?: {
    readonly waiting: number;
    readonly delayed: number;
    readonly active: number;
    readonly failed: number;
  };
}

export interface Node {
  readonly node_id: string;
  /** Unix seconds with fractions */
  readonly last_seen: number;
  /** False if its heartbeat has run out */
  readonly alive: boolean;
  /** Missing if it does not answer */
  readonly status?: NodeStatus;
}

export interface FailedJob {
  readonly recording_id: string;
  readonly reason: string;
  readonly attempts: number;
  /** Unix seconds with fractions */
  readonly failed_at: number;
}

export interface Controlled {
  /** Whether this request did it, or the recording was so already */
  readonly result: 'stopped' | 'already_stopped' | 'paused' | 'already_paused' | 'resumed' | 'already_recording';
  readonly recording: Recording;
}

export interface RecordingMarks {
  readonly marks: readonly {
    /** key: the party pressed one; hold: that side held the call */
    readonly kind: 'pause' | 'key' | 'hold' | 'loss';
    /** Seconds from the begin of the file */
    readonly at: number;
    /** Seconds in the file; 0 for a moment, and for a pause that left nothing */
    readonly length: number;
    /** The direction that it is about; both without it */
    readonly track?: 'speak' | 'listen';
    /** Of a pause: seconds that it lasted */
    readonly paused?: number;
    /** Of a loss: how many */
    readonly packets?: number;
  }[];
  /** RTP packets that came and that are missing; known when the file is ready */
  readonly tracks?: {
    readonly speak?: {
      readonly packets: number;
      readonly lost: number;
    };
    readonly listen?: {
      readonly packets: number;
      readonly lost: number;
    };
  };
}

export interface Waveform {
  /** For each channel 800 parts of equal length: the greatest swing, 0 to 255 */
  readonly channels: readonly (readonly number[])[];
}

export interface RecordingPage {
  readonly recordings: readonly Recording[];
  /** The cursor of the next page; missing on the last one */
  readonly next?: string;
}

export interface Statistics {
  /** In order; those without a recording too */
  readonly periods: readonly {
    /** When it began, Unix seconds; days begin at midnight UTC */
    readonly time: number;
    /** Recordings whose file was made in it */
    readonly recordings: number;
    /** Of sound */
    readonly seconds: number;
    readonly bytes: number;
    /** Of recordings that were deleted in it */
    readonly freed_bytes: number;
    /** RTP packets that came */
    readonly packets: number;
    /** RTP packets that are missing */
    readonly lost: number;
  }[];
  /** What is in storage now */
  readonly kept: {
    readonly recordings: number;
    readonly bytes: number;
  };
}

export interface CallList {
  readonly calls: readonly Call[];
}

export interface RecordingsOfCall {
  readonly recordings: readonly Recording[];
}

export interface RecordingEvents {
  readonly journal: readonly JournalEntry[];
  readonly deliveries: readonly Delivery[];
}

export interface NodeList {
  readonly nodes: readonly Node[];
}

export interface FailedJobList {
  readonly jobs: readonly FailedJob[];
}

export interface Queued {
  readonly recording_id: string;
}
