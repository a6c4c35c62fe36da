import type { ErrorReport } from '../../errors/error.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import type { TrackName } from '../recording/parameters.ts';
import { trackPath } from '../spool/layout.ts';
import { rtpdumpHeader } from '../spool/rtpdump.ts';
import type { CaptureEvent } from './capture-event.ts';
import { type MonotonicClock, monotonicMs } from './clock.ts';
import { countStrangers, trackCounter } from './counters.ts';
import type { RecordingSettings, ThreadSettings } from './messages.ts';
import { longestTelephonyDatagram } from './recorded-track.ts';
import { openRecordingSocket } from './recording-socket.ts';
import { createTracks, type Track, writeFailed } from './recording-tracks.ts';
import { createSources, type KnownSource } from './sources.ts';
import type { WriteMeter } from './strain.ts';
import { closeTrackFiles, openTrackFiles } from './track-file.ts';

/** One recording on its capture thread. */
export interface RecordingCapture {
  readonly port: number;
  expect(track: TrackName, source: KnownSource, payloads: PayloadMap): void;
  update(track: TrackName, payloads: PayloadMap): void;
  /** First packets count from here, in ms on the recording's clock. */
  start(t: number): void;
  /**
   * Nothing that arrives from the moment on that it resolves with is written; ms on the recording's clock. What had arrived
   * before is on its way to the disk.
   */
  pause(): Promise<number>;
  /** What is sent from the moment on that it resolves with is written again. */
  resume(): Promise<number>;
  /** Begins to write what has come in. */
  flush(): void;
  /** What has to happen even if no packet comes; some 13 times a second. */
  tick(): void;
  /** Idempotent: closes the socket, writes everything, closes the files. Resolves with what went wrong, if anything. */
  stop(): Promise<ErrorReport | undefined>;
}

interface Listeners {
  readonly onEvent: (event: CaptureEvent) => void;
  readonly onSocketError: (error: Error) => void;
  readonly meter?: WriteMeter | undefined;
}

/**
 * Opens the socket and the track files of a recording.
 * @throws SipreelError capture_open_failed, spool_open_failed, spool_unreadable
 */
export const openRecordingCapture = async (
  settings: ThreadSettings,
  recording: RecordingSettings,
  clock: MonotonicClock,
  listeners: Listeners,
): Promise<RecordingCapture> => {
  const epochMs = monotonicMs(recording.epoch);
  const now = (): number => clock() - epochMs;
  const { counters } = recording;
  const names = [...recording.tracks, ...recording.watched];
  const sources = createSources(names.length);
  const tracks: Track[] = [];

  const onDatagram = (datagram: Buffer, { address, port }: { address: string; port: number }): void => {
    const t = now();
    const index = sources.find(address, port);
    const track = tracks[index];
    if (track) {
      track.recorded.accept(datagram, sources.sendsOnlyRtcp(index, port), t);
      return;
    }
    const plausible = datagram.length <= longestTelephonyDatagram;
    if (!plausible || !sources.hold({ address, port, datagram, offsetMs: t })) countStrangers(counters, 1);
  };

  const files = await openTrackFiles(recording.dir, recording.tracks);
  const socket = await openRecordingSocket(settings.address, { onDatagram, onError: listeners.onSocketError }).catch(
    (error: unknown) => {
      closeTrackFiles(files);
      throw error;
    },
  );
  const header = rtpdumpHeader({ startedAt: Date.now() - now(), address: settings.address, port: socket.port });
  tracks.push(...createTracks(settings, recording, files, header, listeners.onEvent, listeners.meter));

  const flush = (): void => {
    for (const { writer } of tracks) writer.flush();
  };
  const tick = (): void => {
    const t = now();
    const strangers = sources.expire(t);
    if (strangers > 0) countStrangers(counters, strangers);
    for (const { analysis } of tracks) analysis?.tick(t);
  };
  // The headers are the first thing to be written, so that even a track without packets is a file that opens.
  flush();

  const stop = async (): Promise<ErrorReport | undefined> => {
    await socket.drainAndClose();
    countStrangers(counters, sources.expire(Number.POSITIVE_INFINITY));
    const deadline = performance.now() + settings.lastWriteMs;
    const results = await Promise.all(
      tracks.map(async ({ name, writer, analysis, meter }, index) => {
        analysis?.finish(now());
        meter.close();
        const { lost, error } = await writer.finish(deadline);
        trackCounter(counters, index).dropped(lost);
        return error && writeFailed(trackPath(recording.dir, name), error);
      }),
    );
    return results.find((error) => error !== undefined);
  };

  let stopping: Promise<ErrorReport | undefined> | undefined;
  return {
    port: socket.port,
    expect(name, source, payloads) {
      const index = names.indexOf(name);
      const track = tracks[index];
      if (!track) return;
      track.recorded.update(payloads);
      for (const { datagram, port, offsetMs } of sources.expect(index, source)) {
        track.recorded.accept(datagram, sources.sendsOnlyRtcp(index, port), offsetMs);
      }
    },
    update(name, payloads) {
      tracks[names.indexOf(name)]?.recorded.update(payloads);
    },
    start(t) {
      for (const { recorded } of tracks) recorded.start(t);
    },
    async pause() {
      // What the kernel holds was there before.
      await socket.drain();
      const t = now();
      for (const { recorded } of tracks) recorded.pause();
      flush();
      return t;
    },
    async resume() {
      // What the kernel holds came in the pause, however late we get to read it.
      await socket.drain();
      const t = now();
      for (const { recorded } of tracks) recorded.resume(t);
      return t;
    },
    flush,
    tick,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
};
