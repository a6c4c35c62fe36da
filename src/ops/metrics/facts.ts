import { writeBoundsMs } from '../../recorder/capture/strain.ts';

/** What is known of a metric beside its values. */
export interface MetricFacts {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** The process that has it; both have their own where it is a label. */
  readonly role: 'switch' | 'worker' | 'both';
  readonly labels?: readonly string[];
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
  readonly meaning: string;
  /** What an operator does with it. */
  readonly advice: string;
}

const quick = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const slow = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

/** Every metric of ours; docs/16-metrics.md is made from it. Labels have values of the code or the configuration, never a caller's. */
export const metricFacts = {
  sipreel_build_info: {
    type: 'gauge',
    role: 'both',
    labels: ['role', 'version', 'node_version'],
    meaning: '1, with the versions of sipreel and Node.js.',
    advice: 'Look here after an upgrade: all nodes should have the same.',
  },
  sipreel_redis_up: {
    type: 'gauge',
    role: 'both',
    labels: ['role'],
    meaning: '1 while Redis answers this process.',
    advice: '0: see redis.url and the log of Redis. Recordings go on; what Redis is owed is told when it is back.',
  },
  sipreel_ready: {
    type: 'gauge',
    role: 'switch',
    meaning: '1 while calls are taken, as /readyz says.',
    advice: '0: GET /readyz names what is away.',
  },
  sipreel_draining: {
    type: 'gauge',
    role: 'switch',
    meaning: '1 once the server goes down and waits for its calls to end.',
    advice: 'Leave it alone: it ends by itself, after drain.limit at the latest.',
  },
  sipreel_worker_up: {
    type: 'gauge',
    role: 'switch',
    meaning: '1 while the worker of a server with role all runs; no value with other roles.',
    advice: '0: files are not made. The log says why it died; it is started again by itself.',
  },
  sipreel_worker_restarts_total: {
    type: 'counter',
    role: 'switch',
    meaning: 'Times that the worker had to be started again.',
    advice: 'More than a few: look for "the worker died" in the log, and for the kernel\'s out-of-memory killer.',
  },
  sipreel_drachtio_up: {
    type: 'gauge',
    role: 'switch',
    labels: ['address'],
    meaning: '1 while the drachtio-server has taken us in.',
    advice: '0: no calls come by it. Check that it runs, and sip.drachtio.',
  },
  sipreel_rtpengine_up: {
    type: 'gauge',
    role: 'switch',
    labels: ['address'],
    meaning: '1 while the rtpengine answers pings.',
    advice: '0: it gets no new calls. Check that it runs, and rtpengine.servers.',
  },
  sipreel_rtpengine_calls: {
    type: 'gauge',
    role: 'switch',
    labels: ['address'],
    meaning: 'Calls whose sound goes by the rtpengine.',
    advice: 'Uneven over rtpengines that are all up: one was away for a while.',
  },
  sipreel_trunk_up: {
    type: 'gauge',
    role: 'switch',
    labels: ['trunk'],
    meaning: '0 while the trunk is known to be down for outbound calls.',
    advice: '0: ask the carrier; docs/07-trunks.md says how trunks are probed.',
  },
  sipreel_trunk_calls: {
    type: 'gauge',
    role: 'switch',
    labels: ['trunk', 'direction'],
    meaning: 'Calls of a trunk, inbound and outbound.',
    advice: 'Compare with max_calls of the trunk.',
  },
  sipreel_invites_total: {
    type: 'counter',
    role: 'switch',
    meaning: 'INVITEs that began a dialog, refused ones and those asked for a password too.',
    advice: 'None in working hours: the trunk sends nothing, or the drachtio-server is away.',
  },
  sipreel_invites_refused_total: {
    type: 'counter',
    role: 'switch',
    labels: ['code'],
    meaning: 'INVITEs that were refused before a script ran, by the code of the error.',
    advice: 'Look the code up in docs/24-errors.md.',
  },
  sipreel_calls_active: {
    type: 'gauge',
    role: 'switch',
    meaning: 'Calls that run a script now.',
    advice: 'Compare with limits.calls.',
  },
  sipreel_calls_total: {
    type: 'counter',
    role: 'switch',
    labels: ['result'],
    meaning: 'Calls that have ended, by result, in the words of the log.',
    advice: 'failed and script_error are faults: the log has each with its reason.',
  },
  sipreel_call_duration_seconds: {
    type: 'histogram',
    role: 'switch',
    buckets: [5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200],
    meaning: 'Time from answer to end of answered calls.',
    advice: 'Many very short ones: callers hear nothing, or give up.',
  },
  sipreel_recordings_active: {
    type: 'gauge',
    role: 'switch',
    labels: ['state'],
    meaning: 'Recordings that are captured now, recording or paused.',
    advice: 'Compare with limits.recordings.',
  },
  sipreel_recordings_started_total: {
    type: 'counter',
    role: 'switch',
    labels: ['format'],
    meaning: 'Recordings that were started.',
    advice: 'Compare with calls: a script that should record and does not is seen here.',
  },
  sipreel_recordings_refused_total: {
    type: 'counter',
    role: 'switch',
    labels: ['code'],
    meaning: 'Recordings that could not be started, by the code of the error.',
    advice: 'Each is a call that is not recorded: look the code up in docs/24-errors.md.',
  },
  sipreel_recordings_captured_total: {
    type: 'counter',
    role: 'switch',
    labels: ['end_reason'],
    meaning: 'Recordings whose capture has ended, by the reason.',
    advice: 'error: a capture thread died; the log says which recordings it had.',
  },
  sipreel_recording_start_seconds: {
    type: 'histogram',
    role: 'switch',
    buckets: quick,
    meaning: 'Time from record_call to sound being captured, without a beep.',
    advice: 'Over 0.1: rtpengine, Redis or the disk of the spools is slow.',
  },
  sipreel_capture_packets_total: {
    type: 'counter',
    role: 'switch',
    meaning: 'RTP packets that were captured.',
    advice: 'Some 50 a second for each direction of a recording: far fewer means that rtpengine sends less.',
  },
  sipreel_capture_bytes_total: {
    type: 'counter',
    role: 'switch',
    meaning: 'Bytes of these packets.',
    advice: 'What the disk of the spools has to take.',
  },
  sipreel_capture_dropped_packets_total: {
    type: 'counter',
    role: 'switch',
    meaning: 'Packets that were lost because the disk of the spools did not take them in time.',
    advice: 'Any is sound that is gone: look at the disk of data.dir.',
  },
  sipreel_capture_malformed_packets_total: {
    type: 'counter',
    role: 'switch',
    meaning: 'Datagrams from rtpengine that are neither RTP nor RTCP.',
    advice: 'Many: something else sends from the ports of rtpengine.',
  },
  sipreel_capture_foreign_packets_total: {
    type: 'counter',
    role: 'switch',
    meaning: 'Datagrams to capture ports from others than rtpengine; they are left out.',
    advice: 'Many: let the firewall allow only rtpengine to reach capture.address.',
  },
  sipreel_capture_thread_up: {
    type: 'gauge',
    role: 'switch',
    labels: ['thread'],
    meaning: '1 while the capture thread runs; the next recording starts one that died.',
    advice: '0: "a capture thread died" in the log says why.',
  },
  sipreel_capture_thread_busy_seconds_total: {
    type: 'counter',
    role: 'switch',
    labels: ['thread'],
    meaning: 'Time that the event loop of the capture thread has worked; begins anew with a new thread.',
    advice: 'A rate over 0.7: raise capture.threads or spread calls over more nodes.',
  },
  sipreel_capture_thread_lag_seconds: {
    type: 'gauge',
    role: 'switch',
    labels: ['thread'],
    meaning: 'How late the capture thread was for 99 % of what it had to do, in the last ten seconds.',
    advice: 'Over 0.5: packets wait in sockets that hold 2.7 seconds of a recording. Look for a lack of CPU.',
  },
  sipreel_spool_write_seconds: {
    type: 'histogram',
    role: 'switch',
    labels: ['thread'],
    buckets: writeBoundsMs.map((ms) => ms / 1000),
    meaning: 'Time that the disk of the spools took for a write; begins anew with a new thread.',
    advice: 'Over 0.25 for one in a hundred: the disk is too slow, or busy with something else.',
  },
  sipreel_spool_write_underway_seconds: {
    type: 'gauge',
    role: 'switch',
    labels: ['thread'],
    meaning: 'How long the oldest write that has not ended has taken so far; 0 if there is none.',
    advice: 'Seconds: the disk stands still. Sound waits in memory, for capture.memory of each recording.',
  },
  sipreel_udp_receive_errors_total: {
    type: 'counter',
    role: 'switch',
    labels: ['family'],
    meaning: 'Datagrams that Linux dropped because a socket was full, of all programs in this network namespace.',
    advice: 'Any while recordings run may be lost sound: raise net.core.rmem_default, look for a lack of CPU.',
  },
  sipreel_spool_free_bytes: {
    type: 'gauge',
    role: 'switch',
    meaning: 'Room on the disk of the spools, as of the last look.',
    advice: 'Below sipreel_spool_refuse_bytes no recording starts: free some space.',
  },
  sipreel_spool_refuse_bytes: {
    type: 'gauge',
    role: 'switch',
    meaning: 'limits.spool_free: with less room no recording starts.',
    advice: 'Alerts compare with it.',
  },
  sipreel_encode_jobs: {
    type: 'gauge',
    role: 'switch',
    labels: ['state'],
    meaning: 'Jobs of this node: waiting, active, delayed (tried again later), failed (given up, the spool is kept).',
    advice:
      'waiting grows: raise encode.concurrency. failed: see docs/24-errors.md; the recordings are still on the disk.',
  },
  sipreel_encode_queue_age_seconds: {
    type: 'gauge',
    role: 'switch',
    meaning: 'How long the oldest recording has waited for its file; 0 if none waits.',
    advice: 'Over a minute: the worker is away, storage is away, or the CPU is too small.',
  },
  sipreel_deliveries: {
    type: 'gauge',
    role: 'switch',
    labels: ['state'],
    meaning: 'Status events of all nodes: waiting and delivering are owed, failed are dead letters.',
    advice: 'failed: GET /api/deliveries/failed names them; each can be tried again.',
  },
  sipreel_events_in_memory: {
    type: 'gauge',
    role: 'switch',
    meaning: 'Status events that Redis has not taken yet.',
    advice: 'They are lost if this process dies: bring Redis back.',
  },
  sipreel_live_listeners: {
    type: 'gauge',
    role: 'switch',
    meaning: 'Listeners to recordings in progress.',
    advice: 'Compare with http.live_listeners.',
  },
  sipreel_recordings_total: {
    type: 'counter',
    role: 'worker',
    labels: ['state', 'end_reason'],
    meaning: 'Recordings that have come to their end with a file or without, by state and end_reason.',
    advice: 'state error: GET /api/recordings?state=error has each with its reason.',
  },
  sipreel_recorded_seconds_total: {
    type: 'counter',
    role: 'worker',
    meaning: 'Length of all files.',
    advice: 'For planning of disks and of CPU.',
  },
  sipreel_stop_to_ready_seconds: {
    type: 'histogram',
    role: 'worker',
    labels: ['format'],
    buckets: slow,
    meaning: 'Time from the end of a recording to its file being playable.',
    advice: 'Over a second for most: look at sipreel_encode_seconds and sipreel_encode_queue_age_seconds.',
  },
  sipreel_encode_seconds: {
    type: 'histogram',
    role: 'worker',
    labels: ['format'],
    buckets: slow,
    meaning: 'Time that a job took from taking it up to the file in storage.',
    advice: 'Grows: CPU, ffmpeg or storage is slow; sipreel_storage_put_seconds tells storage apart.',
  },
  sipreel_encode_failures_total: {
    type: 'counter',
    role: 'worker',
    labels: ['code'],
    meaning: 'Tries to make a file that failed, by the code of the error; most are tried again.',
    advice: 'Look the code up in docs/24-errors.md.',
  },
  sipreel_media_packets_total: {
    type: 'counter',
    role: 'worker',
    labels: ['track'],
    meaning: 'RTP packets in finished files, without duplicates.',
    advice: 'The base for the two below.',
  },
  sipreel_media_lost_packets_total: {
    type: 'counter',
    role: 'worker',
    labels: ['track'],
    meaning: 'Packets that never came, or too late to be used: the network lost them before rtpengine, or after it.',
    advice: 'Over 1 %: sipreel inspect shows when. speak is the way from the party, listen the way to it.',
  },
  sipreel_media_late_packets_total: {
    type: 'counter',
    role: 'worker',
    labels: ['track'],
    meaning: 'Of the lost ones, those that came too late.',
    advice: 'Much: jitter of seconds, or a machine that stands still at times.',
  },
  sipreel_media_jitter_seconds: {
    type: 'histogram',
    role: 'worker',
    labels: ['track'],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1],
    meaning: "Each recording's highest interarrival jitter (RFC 3550).",
    advice: 'Over 0.05 for many: the network to the carrier is congested.',
  },
  sipreel_deliveries_total: {
    type: 'counter',
    role: 'worker',
    labels: ['result'],
    meaning: 'Attempts to deliver a status event: ok, failed (tried again), dead (given up).',
    advice: 'dead: the server of status_url was away for a day, or its address is refused.',
  },
  sipreel_delivery_seconds: {
    type: 'histogram',
    role: 'worker',
    buckets: quick,
    meaning: 'Time of an attempt.',
    advice: 'Over a second: the server of status_url is slow.',
  },
  sipreel_storage_bytes_total: {
    type: 'counter',
    role: 'worker',
    meaning: 'Bytes of files that storage has taken.',
    advice: 'For planning of storage.',
  },
  sipreel_storage_put_seconds: {
    type: 'histogram',
    role: 'worker',
    buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60],
    meaning: 'Time that storage took to take a file for good.',
    advice: 'Grows: the disk or the bucket is slow.',
  },
  sipreel_storage_failures_total: {
    type: 'counter',
    role: 'worker',
    labels: ['operation'],
    meaning: 'Operations that storage has refused.',
    advice: 'The log has each with its reason; sipreel doctor tries each store.',
  },
  sipreel_storage_owed_recordings: {
    type: 'gauge',
    role: 'worker',
    meaning: 'Recordings whose file storage has refused, and that are tried again.',
    advice: 'Bring storage back: nothing is lost as long as data.dir has room.',
  },
} as const satisfies Readonly<Record<string, MetricFacts>>;

export type MetricName = keyof typeof metricFacts;

type OfType<Type extends MetricFacts['type']> = {
  [Name in MetricName]: (typeof metricFacts)[Name]['type'] extends Type ? Name : never;
}[MetricName];

export type CounterName = OfType<'counter'>;
export type GaugeName = OfType<'gauge'>;
export type HistogramName = OfType<'histogram'>;
