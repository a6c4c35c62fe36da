import type { Logger } from 'pino';

/** Where finished files go: a folder (empty: recordings/ in `dir`), or a bucket. */
export type FileStore =
  | { readonly disk: string }
  | {
      readonly s3: {
        readonly bucket: string;
        /** Default: none. */
        readonly prefix?: string;
        /** Default: us-east-1. */
        readonly region?: string;
        /** Default: Amazon's. */
        readonly endpoint?: string;
        readonly path_style?: boolean;
        /** Default: those of the environment, or the machine's role. */
        readonly access_key?: string;
        readonly secret_key?: string;
        readonly encryption?: 'AES256' | 'aws:kms';
        readonly kms_key?: string;
        /** Milliseconds that one request may take. Default: 15,000. */
        readonly timeout?: number;
      };
    };

/** What createRecorder takes. */
export interface CreateRecorderOptions {
  /** URL of the Redis that has control IDs, catalogue and queues: redis://127.0.0.1:6379. */
  readonly redis: string;
  /** The ng port (UDP) of your rtpengine: 127.0.0.1:22222. A call may name another one. */
  readonly rtpengine: string;
  /** A folder of this node for captured sound (spool/) and files (recordings/). */
  readonly dir: string;
  /** Unique among the processes that share a Redis; its worker has the same. Default: the host name. */
  readonly node?: string;
  /** Begins all keys in Redis. Default: sipreel. */
  readonly prefix?: string;
  /** The local IP address on which rtpengine's copies are received. Default: 127.0.0.1. */
  readonly address?: string;
  /** Threads that receive; one carries some 1,000 recordings. Default: 2. */
  readonly threads?: number;
  /** Recordings at the same time; more are refused. Default: no limit. */
  readonly maxRecordings?: number;
  /** With fewer bytes free on the disk of `dir` no recording starts. Default: 500,000,000. */
  readonly spoolFree?: number;
  /** Keys that come as tones in the sound end a recording too. Default: false. */
  readonly inbandDigits?: boolean;
  /** The files' URL in events and catalogue. Default: urn:uuid: and the recording's id; the record's `file` has the path. */
  readonly urlOf?: (recording: { readonly recording_id: string; readonly format: string }) => string;
  /** The first that takes a file has it. Default: recordings/ in `dir`. */
  readonly stores?: readonly FileStore[];
  /**
   * For processes that share `dir` on one disk: the name of the queue of files that they share, so that any of their workers makes
   * any file, all of it at the recording's end. Default: one of this node's own.
   */
  readonly queue?: string;
  /**
   * Keys of sipreel's configuration for the worker, which makes the files and posts the events: 'notify.signing_key',
   * 'encode.concurrency'... It is a process of its own that ends with this one. false: none is started, because
   * `sipreel serve --role worker` runs with the same node, dir, Redis and stores.
   */
  readonly worker?: Readonly<Record<string, unknown>> | false;
  /** Default: warnings and errors on standard error. */
  readonly log?: Logger;
}

/** A call of yours that rtpengine carries: which one, and whose sound is whose. */
export interface CallToRecord {
  /** Names the call in events, catalogue and log; rtpengine's call-id too, unless that is another. */
  readonly callId: string;
  readonly rtpengineCallId?: string;
  /** The tag of the leg that is recorded: what it says is `speak`. */
  readonly partyTag: string;
  /** The tag of what it talks to: what the leg hears is `listen`. Both tags have been offered or answered. */
  readonly peerTag: string;
  /** The ng port of the rtpengine that has the call. Default: that of createRecorder. */
  readonly rtpengine?: string;
  readonly from?: string;
  readonly to?: string;
  readonly trunk?: string;
}
