import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TrackName } from '../recording/parameters.ts';
import type { JournalEntry } from '../spool/journal.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
import { readTrack } from '../spool/read-track.ts';
import { createCut } from '../track/cut.ts';
import { createMask } from '../track/mask.ts';
import { createJoint, interleave, mixMono } from '../track/mix.ts';
import type { TrackReport } from '../track/report.ts';
import { createTrack } from '../track/track.ts';
import { createTrackCodecs } from '../track/track-codecs.ts';
import { pausedSamples, type RenderPlan, sampleAt } from './plan.ts';

type SdpEntry = Extract<JournalEntry, { event: 'sdp' }>;

/** What became of the tracks, complete once the sound has been read. */
export type TrackReports = Partial<Record<TrackName, TrackReport>>;

/** A spool's sound as PCM. */
export interface Rendering {
  /** Interleaved 16-bit PCM in chunks of some seconds at most; `frames` of the plan altogether. Can be read once. */
  readonly pcm: AsyncGenerator<Int16Array, void, undefined>;
  readonly reports: TrackReports;
}

/** The track's own default: how late a packet may be and still find its place. */
const lookAheadMs = 4000;

/** Packets that are worked on in one turn of the event loop: prompts and locks of the same process keep their time. */
const sliceLength = 128;

/** One direction of a spool as samples from startMs to stopMs, without what was skipped; a chunk of packets in memory at a time. */
async function* trackSound(
  dir: string,
  name: TrackName,
  spool: SpoolContents,
  plan: RenderPlan,
  reports: TrackReports,
): AsyncGenerator<Int16Array, void, undefined> {
  const sdps = spool.entries
    .filter((entry): entry is SdpEntry => entry.event === 'sdp' && entry.track === name)
    .sort((a, b) => a.t - b.t);
  const codecs = createTrackCodecs();
  await codecs.prepare(sdps.map(({ payloads }) => payloads));
  const track = createTrack({
    startMs: plan.startMs,
    sampleRate: plan.shape.sampleRate,
    payloads: sdps[0]?.payloads ?? {},
    codecs: codecs.table,
  });
  const mask = createMask([
    ...spool.entries.flatMap((entry) =>
      entry.event === 'masked' && entry.track === name
        ? [{ from: sampleAt(plan, entry.from), to: sampleAt(plan, entry.to) }]
        : [],
    ),
    ...pausedSamples(plan, 'silence'),
  ]);
  const cut = createCut(pausedSamples(plan, 'skip'));
  let nextSdp = 1;
  let nextPause = 0;
  for await (const packets of readTrack(dir, name)) {
    for (let from = 0; from < packets.length; from += sliceLength) {
      for (const { offsetMs, datagram } of packets.slice(from, from + sliceLength)) {
        for (let sdp = sdps[nextSdp]; sdp !== undefined && sdp.t <= offsetMs; sdp = sdps[++nextSdp]) {
          track.payloads(sdp.payloads, sdp.t);
        }
        // Offsets are rounded, and a packet of the time after a pause is never from before its end.
        for (; (plan.pauses[nextPause]?.to ?? Number.POSITIVE_INFINITY) <= offsetMs + 0.5; nextPause++)
          track.interrupt();
        track.push(offsetMs, datagram);
      }
      for (let sound = track.read(); sound !== undefined; sound = track.read()) yield* cut(mask(sound));
      await nextTurn();
    }
    // Later packets may still sound before the end, but not that much later.
    if ((packets.at(-1)?.offsetMs ?? 0) > plan.stopMs + lookAheadMs) break;
  }
  const rest = track.finish(plan.stopMs);
  reports[name] = track.report;
  for (const sound of rest) yield* cut(mask(sound));
}

/** Both tracks as one sound. The one that is behind is read next, so that neither waits in memory for the other. */
async function* joined(
  left: AsyncGenerator<Int16Array, void, undefined>,
  right: AsyncGenerator<Int16Array, void, undefined>,
  join: typeof interleave,
): AsyncGenerator<Int16Array, void, undefined> {
  const joint = createJoint(join);
  const sides = [
    { sound: left, add: joint.left, samples: 0, ended: false },
    { sound: right, add: joint.right, samples: 0, ended: false },
  ];
  try {
    for (;;) {
      const behind = sides.filter(({ ended }) => !ended).sort((a, b) => a.samples - b.samples)[0];
      if (behind === undefined) break;
      const next = await behind.sound.next();
      if (next.done) behind.ended = true;
      else {
        behind.add(next.value);
        behind.samples += next.value.length;
      }
      const ready = joint.read();
      if (ready !== undefined) yield ready;
    }
    const rest = joint.finish();
    if (rest !== undefined) yield rest;
  } finally {
    await left.return();
    await right.return();
  }
}

/** Cuts and fills up to exactly `samples`, and lets the event loop turn between chunks. */
async function* exactly(
  sound: AsyncGenerator<Int16Array, void, undefined>,
  samples: number,
): AsyncGenerator<Int16Array, void, undefined> {
  const fillSamples = 65_536;
  let left = samples;
  for await (const chunk of sound) {
    if (left === 0) break;
    const part = chunk.length > left ? chunk.subarray(0, left) : chunk;
    left -= part.length;
    yield part;
    await nextTurn();
  }
  for (; left > 0; left -= Math.min(left, fillSamples)) yield new Int16Array(Math.min(left, fillSamples));
}

/**
 * Renders a spool by its plan: one track as it is, two mixed or as left and right. Memory is bounded by chunks, however
 * long the recording. Reading throws spool_unreadable.
 */
export const renderSpool = (dir: string, spool: SpoolContents, plan: RenderPlan): Rendering => {
  const reports: TrackReports = {};
  const [left, right] = plan.tracks.map((name) => trackSound(dir, name, spool, plan, reports));
  if (left === undefined) throw new TypeError('a recording has at least one track');
  const sound = right === undefined ? left : joined(left, right, plan.shape.channels === 2 ? interleave : mixMono);
  return { pcm: exactly(sound, plan.frames * plan.shape.channels), reports };
};
