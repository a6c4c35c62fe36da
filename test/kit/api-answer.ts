import type {
  CallList,
  Controlled,
  NodeList,
  Problem,
  Recording,
  RecordingEvents,
  RecordingMarks,
  RecordingPage,
  Statistics,
  Waveform,
} from '../../src/dashboard/api/types.ts';

/** What /openapi.json has. */
interface Described {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, unknown>>;
}

/** The body of an answer of the API. It has what its route has of this: a test knows what it asked for. */
export type ApiAnswer = Described &
  Omit<Recording, 'channels'> &
  Controlled &
  CallList &
  NodeList &
  Problem &
  RecordingEvents &
  RecordingMarks &
  RecordingPage &
  Statistics &
  Waveform;
