/** What happened to one track, for people who ask why it sounds as it does. */
export interface TrackReport {
  /** RTP packets pushed, of any kind, without duplicates. */
  readonly packets: number;
  /** Sequence numbers that never came, or came too late to be used. */
  readonly lost: number;
  /** Milliseconds of sound made up where packets were lost. */
  readonly concealedMs: number;
  /** Packets that came after one with a higher sequence number. */
  readonly reordered: number;
  readonly duplicates: number;
  /** Packets that came when their place in the timeline was final; they are in `lost` too. */
  readonly late: number;
  /** Milliseconds of sound dropped because its place was final or taken. */
  readonly droppedMs: number;
  /** The highest interarrival jitter (RFC 3550 appendix A.8), in ms. */
  readonly jitterMs: number;
  /** How fast the sender's clock is against the recording's, in parts per million; 0 if watched for under 10 s. */
  readonly driftPpm: number;
  /** The same against the sender's own NTP clock, by its RTCP sender reports; 0 without them. */
  readonly senderReportPpm: number;
  /** SSRCs in the order in which they came, the first 64 of them. */
  readonly ssrcs: readonly number[];
  /** Codecs that sounded, in the order in which they came. */
  readonly codecs: readonly string[];
  readonly codecChanges: number;
  /** Times that the sender's timestamps or sequence numbers jumped in a way its packets' arrival does not explain. */
  readonly jumps: number;
  /** telephone-event packets. */
  readonly events: number;
  /** Comfort noise packets. */
  readonly comfortNoise: number;
  /** Packets of payload types that no SDP explains or no decoder exists for, by payload type. */
  readonly unknownPayloads: Readonly<Record<number, number>>;
  /** RTCP datagrams. */
  readonly rtcp: number;
  /** Datagrams that are neither RTP nor RTCP. */
  readonly malformed: number;
}

/** The report while it is being written. */
export type TrackCounts = {
  -readonly [Key in keyof TrackReport]: TrackReport[Key] extends readonly (infer Item)[]
    ? Item[]
    : TrackReport[Key] extends Readonly<Record<number, number>>
      ? Record<number, number>
      : TrackReport[Key];
};

/** A report of nothing yet. */
export const createCounts = (): TrackCounts => ({
  packets: 0,
  lost: 0,
  concealedMs: 0,
  reordered: 0,
  duplicates: 0,
  late: 0,
  droppedMs: 0,
  jitterMs: 0,
  driftPpm: 0,
  senderReportPpm: 0,
  ssrcs: [],
  codecs: [],
  codecChanges: 0,
  jumps: 0,
  events: 0,
  comfortNoise: 0,
  unknownPayloads: {},
  rtcp: 0,
  malformed: 0,
});
