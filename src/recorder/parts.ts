import type { Logger } from 'pino';
import type { Capture } from './capture/capture.ts';
import type { EncodeQueue } from './encode/queue.ts';
import type { ForkSource } from './fork/fork.ts';
import type { Notifier } from './notify/queue.ts';
import type { Registry } from './registry/registry.ts';
import type { SpoolRoom } from './spool/room.ts';

/** A call that can be recorded: who it is, and where its media is. */
export interface RecordedCall {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  /** The trunk that it came from, where it is known. */
  readonly trunk?: string;
  readonly source: ForkSource;
}

/** What the recorder is made of. */
export interface RecorderParts {
  readonly registry: Registry;
  readonly notifier: Notifier;
  readonly capture: Capture;
  readonly queue: EncodeQueue;
  /** Asked before each start. Default: there is always room. */
  readonly room?: Pick<SpoolRoom, 'refusal'>;
  readonly log: Logger;
}

export interface RecorderOptions {
  readonly nodeId: string;
  readonly spoolRoot: string;
  /** Recordings at the same time; more are refused. Default: no limit. */
  readonly maxRecordings?: number;
  /** Address of the capture sockets, as rtpengine reaches it. */
  readonly captureAddress: string;
  /** Keys that come as tones in the sound count too; RTP events and SIP INFO always do. Default false. */
  readonly inbandDigits?: boolean;
  /** Time between the pieces in which the file of a recording is made while it lasts, ms; 0: all at its end. Default 60,000. */
  readonly pieceMs?: number;
  /** Where a recording's file will be heard: record_call_url. */
  readonly urlOf: (recording: { readonly recording_id: string; readonly format: string }) => string;
}
