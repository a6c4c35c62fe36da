/**
 * Every key of the registry. Ids stand at the end of a key, after its kind, so that whatever text an id is made of, keys
 * of two kinds are never the same. Control ids are fields and never part of a key.
 */
export interface RegistryKeys {
  /** Hash: one recording (see stored-record.ts). */
  recording(recordingId: string): string;
  /** Hash: control id -> recording id, of the recordings of the call that are being captured. */
  controlsOfCall(callId: string): string;
  /** Set: the recordings of the call that are not terminal. */
  recordingsOfCall(callId: string): string;
  /** Set: the recordings of the node that are not terminal. */
  recordingsOfNode(nodeId: string): string;
  /** Sorted set: all recordings that are not terminal, by start time. */
  readonly active: string;
  /** Sorted set: all recordings, by start time. */
  readonly catalogue: string;
  /** Sorted set: all recordings that are held, by start time. */
  readonly held: string;
  /** Sorted set: all recordings that are being deleted, by start time. */
  readonly deleting: string;
  /** Hash: recording id -> where its file was, of what has been deleted while the node was gone: its disk may have some of it. */
  leftAtNode(nodeId: string): string;
  /** Sorted set: all nodes, by the time of the last heartbeat. */
  readonly nodes: string;
  /** String that expires: the node lives. */
  heartbeat(nodeId: string): string;
  /** Channel: the ids of recordings as they become terminal. */
  readonly ended: string;
  /** Sorted sets: the recordings of the catalogue that have this in common, by start time. */
  readonly with: Readonly<Record<CatalogueIndex, (value: string) => string>>;
  /** Stream: calls and recordings as they change; the newest some thousand. */
  readonly events: string;
  /** Hash: call id -> call, of the calls of the node that are up. */
  callsOfNode(nodeId: string): string;
  /** String that expires: a call that has ended. */
  endedCall(callId: string): string;
  /** Hash: what was recorded in the hour that begins then (Unix seconds), and how it came; expires. */
  hour(start: number): string;
  /** Hash: recordings and bytes that are in storage. */
  readonly kept: string;
  /** Channel: what other nodes ask this one to do. */
  asks(nodeId: string): string;
  /** Channel: the answers for one who asks. */
  answers(askerId: string): string;
}

/** What recordings can be looked up by. */
export type CatalogueIndex = 'call' | 'state' | 'from' | 'to' | 'trunk';

/** The keys under a prefix; installations that share a Redis have one prefix each. */
export const registryKeys = (prefix: string): RegistryKeys => ({
  recording: (recordingId) => `${prefix}:recording:${recordingId}`,
  controlsOfCall: (callId) => `${prefix}:call-controls:${callId}`,
  recordingsOfCall: (callId) => `${prefix}:call-recordings:${callId}`,
  recordingsOfNode: (nodeId) => `${prefix}:node-recordings:${nodeId}`,
  active: `${prefix}:active`,
  catalogue: `${prefix}:catalogue`,
  held: `${prefix}:held`,
  deleting: `${prefix}:deleting`,
  leftAtNode: (nodeId) => `${prefix}:node-left:${nodeId}`,
  nodes: `${prefix}:nodes`,
  heartbeat: (nodeId) => `${prefix}:node:${nodeId}`,
  ended: `${prefix}:ended`,
  with: {
    call: (callId) => `${prefix}:with-call:${callId}`,
    state: (state) => `${prefix}:with-state:${state}`,
    from: (number) => `${prefix}:with-from:${number}`,
    to: (number) => `${prefix}:with-to:${number}`,
    trunk: (name) => `${prefix}:with-trunk:${name}`,
  },
  events: `${prefix}:events`,
  callsOfNode: (nodeId) => `${prefix}:node-calls:${nodeId}`,
  endedCall: (callId) => `${prefix}:ended-call:${callId}`,
  hour: (start) => `${prefix}:hour:${start}`,
  kept: `${prefix}:kept`,
  asks: (nodeId) => `${prefix}:asks:${nodeId}`,
  answers: (askerId) => `${prefix}:answers:${askerId}`,
});
