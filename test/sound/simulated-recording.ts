import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createCounters } from '../../src/recorder/capture/counters.ts';
import { createTracks } from '../../src/recorder/capture/recording-tracks.ts';
import { openTrackFiles } from '../../src/recorder/capture/track-file.ts';
import { planRender, type RenderPlan } from '../../src/recorder/encode/plan.ts';
import { renderSpool } from '../../src/recorder/encode/render.ts';
import type { TrackReports } from '../../src/recorder/encode/rendering.ts';
import { type TrackName, tracksOf } from '../../src/recorder/recording/parameters.ts';
import type { PauseBehavior } from '../../src/recorder/recording/pauses.ts';
import type { RecordingRecord } from '../../src/recorder/recording/record.ts';
import type { JournalEntry, PayloadMap } from '../../src/recorder/spool/journal.ts';
import { readSpool } from '../../src/recorder/spool/read-spool.ts';
import { rtpdumpHeader } from '../../src/recorder/spool/rtpdump.ts';
import { createSpool } from '../../src/recorder/spool/spool.ts';
import type { Sent } from '../unit/track/sender.ts';

/** A recording in simulated time; all times are ms on the recording's clock. */
export interface SimulatedRecording {
  /** The directory of all spools. */
  readonly root: string;
  readonly tracks: Readonly<Partial<Record<TrackName, readonly Sent[]>>>;
  readonly stopMs: number;
  /** Default: 0. */
  readonly startMs?: number;
  readonly record?: Partial<RecordingRecord>;
  readonly payloads?: PayloadMap;
  /** What the payload types of a track mean from a time on. */
  readonly sdps?: readonly { readonly t: number; readonly track: TrackName; readonly payloads: PayloadMap }[];
  readonly pauses?: readonly { readonly from: number; readonly to?: number; readonly behavior: PauseBehavior }[];
  /** Its process dies at stopMs: the journal says nothing of the end. */
  readonly crashed?: boolean;
  /** What of the journal reaches the disk. Default: all. */
  readonly journal?: (entries: readonly JournalEntry[]) => readonly JournalEntry[];
}

const g711: PayloadMap = {
  0: { codec: 'PCMU', clockRate: 8000, channels: 1 },
  8: { codec: 'PCMA', clockRate: 8000, channels: 1 },
  101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 },
};

const flushMs = 2000;

/** What happens in a simulated recording, in its order. */
type Happening = { readonly t: number } & (
  | { readonly what: 'datagram'; readonly track: number; readonly datagram: Buffer }
  | { readonly what: 'pause' | 'resume' | 'flush' }
);

const happeningsOf = (
  { tracks, pauses = [], stopMs }: SimulatedRecording,
  names: readonly TrackName[],
): Happening[] => {
  const happenings: Happening[] = names.flatMap((name, track) =>
    (tracks[name] ?? [])
      .filter(({ arrivalMs }) => arrivalMs <= stopMs)
      .map(
        ({ arrivalMs, datagram }): Happening => ({
          t: arrivalMs,
          what: 'datagram',
          track,
          datagram: Buffer.from(datagram),
        }),
      ),
  );
  for (const { from, to } of pauses) {
    happenings.push({ t: from, what: 'pause' });
    if (to !== undefined) happenings.push({ t: to, what: 'resume' });
  }
  for (let t = flushMs; t < stopMs; t += flushMs) happenings.push({ t, what: 'flush' });
  return happenings.sort((a, b) => a.t - b.t);
};

/**
 * Lets the real capture code write the spool of a recording that nobody waits for: its packets come at simulated times.
 * Resolves with the spool's directory.
 */
export const captureSimulated = async (options: SimulatedRecording): Promise<string> => {
  const { root, startMs = 0, stopMs, payloads = g711, sdps = [], pauses = [] } = options;
  const record: RecordingRecord = {
    recording_id: randomUUID(),
    call_id: 'simulated',
    control_id: 'control',
    node_id: 'node-1',
    state: 'recording',
    format: 'wav',
    direction: 'both',
    stereo: true,
    url: '',
    from: '+15550100',
    to: '+15550101',
    start_time: 1_767_225_600,
    ...options.record,
  };
  const names = tracksOf(record.direction);
  const { dir, journal } = await createSpool(root, record);
  const entries: JournalEntry[] = [
    ...names.map((track): JournalEntry => ({ event: 'sdp', t: 0, track, payloads })),
    { event: 'started', t: startMs },
    ...sdps.map((sdp): JournalEntry => ({ event: 'sdp', ...sdp })),
    ...pauses.flatMap(({ from, to, behavior }): JournalEntry[] => [
      { event: 'paused', t: from, behavior },
      ...(to === undefined ? [] : [{ event: 'resumed', t: to } as const]),
    ]),
    ...(options.crashed === true ? [] : [{ event: 'stopped', t: stopMs, reason: 'stop' } as const]),
  ];
  const { journal: written = (all) => all } = options;
  for (const entry of written(entries.sort((a, b) => a.t - b.t))) void journal.append(entry);
  await journal.close();

  const tracks = createTracks(
    { address: '127.0.0.1', flushMs, memoryLimitBytes: 2 ** 30, lastWriteMs: 60_000 },
    {
      recordingId: record.recording_id,
      dir,
      tracks: names,
      watched: [],
      epoch: 0n,
      counters: createCounters(names.length),
      digits: true,
      tones: false,
    },
    await openTrackFiles(dir, names),
    rtpdumpHeader({ startedAt: record.start_time * 1000, address: '127.0.0.1', port: 40_000 }),
    () => undefined,
  );
  for (const { recorded } of tracks) recorded.update(payloads);
  for (const { recorded } of tracks) recorded.start(startMs);
  for (const happening of happeningsOf(options, names)) {
    if (happening.what === 'datagram') {
      tracks[happening.track]?.recorded.accept(happening.datagram, false, happening.t);
      continue;
    }
    for (const { recorded, writer } of tracks) {
      if (happening.what === 'pause') recorded.pause();
      else if (happening.what === 'resume') recorded.resume(happening.t);
      else writer.flush();
    }
    await nextTurn();
  }
  for (const { writer } of tracks) {
    const { error } = await writer.finish(performance.now() + 60_000);
    if (error) throw error;
  }
  return dir;
};

/** The sound of a spool as the worker would put it into the file. */
export interface RenderedSpool {
  /** One array for each channel. */
  readonly channels: readonly Int16Array[];
  readonly plan: RenderPlan;
  readonly reports: TrackReports;
}

/** Renders a spool by the worker's own code. */
export const renderSpoolSound = async (dir: string): Promise<RenderedSpool> => {
  const spool = await readSpool(dir);
  const plan = planRender(spool);
  const { pcm, reports } = renderSpool(dir, spool, plan);
  const { channels: count } = plan.shape;
  const channels = Array.from({ length: count }, () => new Int16Array(plan.frames));
  let frame = 0;
  for await (const chunk of pcm) {
    for (let i = 0; i < chunk.length; i += count, frame++) {
      for (let channel = 0; channel < count; channel++) {
        const samples = channels[channel];
        if (samples) samples[frame] = chunk[i + channel] ?? 0;
      }
    }
  }
  if (frame !== plan.frames) throw new Error(`${frame} frames were rendered, ${plan.frames} were planned`);
  return { channels, plan, reports };
};
