import { type ErrorReport, SipreelError } from '../../errors/error.ts';
import type { TrackName } from '../recording/parameters.ts';
import { trackPath } from '../spool/layout.ts';
import type { CaptureEvent } from './capture-event.ts';
import { type Counters, readCounts, trackCounter } from './counters.ts';
import { createLevelMeter, type LevelMeter } from './level-meter.ts';
import { createLiveAnalysis, type LiveAnalysis } from './live-analysis.ts';
import type { RecordingSettings, ThreadSettings } from './messages.ts';
import { createRecordedTrack, type RecordedTrack } from './recorded-track.ts';
import type { ReportDigit } from './rfc4733-digits.ts';
import type { WriteMeter } from './strain.ts';
import type { TrackFile } from './track-file.ts';
import { createTrackWriter, type MemoryBudget, type TrackWriter } from './track-writer.ts';
import { createWriteHealth } from './write-health.ts';

/** The parts of one track on the capture thread. */
export interface Track {
  readonly name: TrackName;
  readonly writer: TrackWriter;
  readonly analysis: LiveAnalysis | undefined;
  readonly meter: LevelMeter;
  readonly recorded: RecordedTrack;
}

/** For a track that is only watched: nothing of it is kept. */
const keepsNothing: TrackWriter = {
  begin: () => undefined,
  add: () => true,
  flush: () => undefined,
  finish: () => Promise.resolve({ lost: 0 }),
};

/**
 * Wires the tracks of a recording, whose files are open, to its events and its share of memory: first those that are
 * written, then those that are only watched.
 */
export const createTracks = (
  settings: ThreadSettings,
  recording: RecordingSettings,
  files: readonly TrackFile[],
  header: Buffer,
  onEvent: (event: CaptureEvent) => void,
  meter?: WriteMeter,
): readonly Track[] => {
  const { counters, dir, voice, digits, tones } = recording;
  const budget: MemoryBudget = { limit: settings.memoryLimitBytes, used: 0 };
  const health = createWriteHealth({
    onFailed: (track, error) => onEvent({ event: 'write_failed', error: writeFailed(trackPath(dir, track), error) }),
    onRecovered: () => onEvent({ event: 'write_recovered', dropped: droppedSoFar(counters, recording.tracks) }),
  });

  let overflowed = false;
  const onFull = (track: TrackName): void => {
    if (overflowed) return;
    overflowed = true;
    const full = new Error(`the disk takes nothing, and ${budget.limit} bytes wait in memory`);
    onEvent({ event: 'overflowed', error: writeFailed(trackPath(dir, track), full) });
  };

  const openWriter = ({ track, fd, position }: TrackFile): TrackWriter => {
    const writer = createTrackWriter({
      fd,
      position,
      budget,
      meter,
      onFailed: (error) => health.failed(track, error),
      onFull: () => onFull(track),
      onRecovered: () => health.recovered(track),
    });
    if (position === 0) writer.begin(header);
    return writer;
  };

  const kept = files.map((file) => ({ name: file.track, writer: openWriter(file) }));
  const watched = recording.watched.map((name) => ({ name, writer: keepsNothing }));

  return [...kept, ...watched].map(({ name, writer }, index) => {
    const hearsVoices = voice?.tracks.includes(name) === true;
    // The party's keys are in what it says; those of its peer are none of the script's business.
    const hearsDigits = digits && name === 'speak';
    const hearsTones = tones && name === 'speak';
    const reportBy =
      (via: 'rfc4733' | 'inband'): ReportDigit =>
      (digit, tStart, tEnd) =>
        onEvent({ event: 'digit', digit, tStart, tEnd, via });
    const analysis =
      hearsVoices || hearsDigits || hearsTones
        ? createLiveAnalysis({
            ...(hearsVoices && {
              voice: {
                sensitivity: voice.sensitivity,
                report: (speaking, t) => onEvent({ event: 'speech', track: name, speaking, t }),
              },
            }),
            ...(hearsDigits && { digits: { report: reportBy('rfc4733') } }),
            ...(hearsTones && { tones: { report: reportBy('inband') } }),
          })
        : undefined;
    const counter = trackCounter(counters, index);
    const meter = createLevelMeter(counters, counter);
    const recorded = createRecordedTrack({
      writer,
      counter,
      analysis,
      meter,
      onFirstPacket: (t) => onEvent({ event: 'first_packet', track: name, t }),
    });
    return { name, writer, analysis, meter, recorded };
  });
};

const droppedSoFar = (counters: Counters, tracks: readonly TrackName[]): number =>
  Object.values(readCounts(counters, tracks)).reduce((sum, { dropped }) => sum + dropped, 0);

/** What is told of a write that failed. */
export const writeFailed = (path: string, cause: Error): ErrorReport =>
  new SipreelError('spool_write_failed', `${path}: ${cause.message}`, { cause }).report();
