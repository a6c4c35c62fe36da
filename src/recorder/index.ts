/** What `import ... from 'sipreel'` gives: the recorder for other applications on drachtio-srf and rtpengine. */
export { SipreelError } from '../errors/error.ts';
export type { ErrorCode } from '../errors/registry.ts';
export type { Controlled } from './control/recording-control.ts';
export {
  type Bridge,
  type BridgeDialog,
  type BridgeRequest,
  type RecordBridge,
  type RecordBridgesOptions,
  recordBridges,
} from './plugin/bridges.ts';
export { createRecorder, type Recorder } from './plugin/create-recorder.ts';
export type { CallToRecord, CreateRecorderOptions, FileStore } from './plugin/options.ts';
export type { Recording } from './plugin/recording.ts';
export type { RecordingReference } from './recorder.ts';
export type { GivenParameters } from './recording/check-parameters.ts';
export type { StatusEvent } from './recording/events.ts';
export type { PauseAnswer, PauseBehavior } from './recording/pauses.ts';
export type { EndReason, RecordingRecord, RecordingState } from './recording/record.ts';
export type { DeletionResult } from './retention/deletion.ts';
