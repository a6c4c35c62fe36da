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
  /** Sorted set: all nodes, by the time of the last heartbeat. */
  readonly nodes: string;
  /** String that expires: the node lives. */
  heartbeat(nodeId: string): string;
  /** Channel: the ids of recordings as they become terminal. */
  readonly ended: string;
}

/** The keys under a prefix; installations that share a Redis have one prefix each. */
export const registryKeys = (prefix: string): RegistryKeys => ({
  recording: (recordingId) => `${prefix}:recording:${recordingId}`,
  controlsOfCall: (callId) => `${prefix}:call-controls:${callId}`,
  recordingsOfCall: (callId) => `${prefix}:call-recordings:${callId}`,
  recordingsOfNode: (nodeId) => `${prefix}:node-recordings:${nodeId}`,
  active: `${prefix}:active`,
  catalogue: `${prefix}:catalogue`,
  nodes: `${prefix}:nodes`,
  heartbeat: (nodeId) => `${prefix}:node:${nodeId}`,
  ended: `${prefix}:ended`,
});
