/** What an RTP payload type carries: its rtpmap in parts (RFC 8866 §6.6). */
export interface PayloadFormat {
  /** Upper case: PCMU, PCMA, G722, OPUS, TELEPHONE-EVENT, CN. */
  readonly codec: string;
  readonly clockRate: number;
  readonly channels: number;
}

/** RTP payload type number -> what it carries. */
export type PayloadMap = Readonly<Record<number, PayloadFormat>>;
