import { SipreelError } from '../../errors/error.ts';
import type { TrackName } from '../recording/parameters.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
import { createJoint, interleave, mixMono } from '../track/mix.ts';
import type { TrackReport } from '../track/report.ts';
import type { TrackOptions } from '../track/track.ts';
import { journalFits, type Rendered } from './journal-fit.ts';
import type { RenderPlan } from './plan.ts';
import { createTrackSound } from './track-sound.ts';

/** What became of the tracks. */
export type TrackReports = Readonly<Partial<Record<TrackName, TrackReport>>>;

/** A spool's sound as PCM, which may be read while the recording lasts: the samples are the same, whenever they are asked for. */
export interface Rendering {
  /**
   * The next samples, interleaved, at most some seconds of them, that are final by what arrived until `limitMs` (on the
   * recording's clock); undefined if there are no more by now, or, where the plan has an end and the limit is infinite, at all.
   * @throws SipreelError pieces_misfit, spool_unreadable
   */
  next(limitMs: number): Promise<Int16Array | undefined>;
  /**
   * Takes the spool as it is now, and its plan; once that has an end, the rest can be read.
   * @throws SipreelError pieces_misfit if what was given out before would be different by it
   */
  learn(spool: SpoolContents, plan: RenderPlan): void;
  /** Complete once all was read. */
  readonly reports: TrackReports;
  /** Closes files until more is asked for. Idempotent. */
  rest(): Promise<void>;
}

/** Samples of silence at once. */
const fillSamples = 65_536;

const sameSound = (one: RenderPlan, other: RenderPlan): boolean =>
  one.startMs === other.startMs &&
  one.shape.sampleRate === other.shape.sampleRate &&
  one.shape.channels === other.shape.channels;

/** Renders a spool by its plan: one track as it is, two mixed or as left and right. Memory is bounded, however long it is. */
export const createRendering = (
  dir: string,
  firstSpool: SpoolContents,
  firstPlan: RenderPlan,
  patience: Pick<TrackOptions, 'lookAheadMs' | 'longestStallMs'> = {},
): Rendering => {
  let spool = firstSpool;
  let plan = firstPlan;
  const sounds = plan.tracks.map((name) => createTrackSound(dir, name, spool.entries, plan, patience));
  const joint = createJoint(plan.shape.channels === 2 ? interleave : mixMono);
  const sides = sounds.map((sound, index) => ({ sound, add: index === 0 ? joint.left : joint.right, ended: false }));
  /** Samples of the file that were given out, of all channels together. */
  let given = 0;

  const rendered = (): Rendered => ({
    packetsMs: Math.max(...sounds.map(({ packetsMs }) => packetsMs)),
    startMs: plan.startMs,
    soundMs: plan.startMs + (Math.max(...sounds.map(({ samples }) => samples)) * 1000) / plan.shape.sampleRate,
  });

  const toTheEnd = (limitMs: number): boolean =>
    limitMs === Number.POSITIVE_INFINITY && plan.stopMs < Number.POSITIVE_INFINITY;

  /** The tracks' next samples together: the one that is behind is read, so that neither waits in memory for the other. */
  const joined = async (limitMs: number): Promise<Int16Array | undefined> => {
    const [only, other] = sounds;
    if (only !== undefined && other === undefined) return only.next(limitMs);
    for (;;) {
      const ready = joint.read();
      if (ready !== undefined) return ready;
      const behind = sides.filter(({ ended }) => !ended).sort((a, b) => a.sound.samples - b.sound.samples)[0];
      if (behind === undefined) return joint.finish();
      const sound = await behind.sound.next(limitMs);
      if (sound !== undefined) behind.add(sound);
      else if (toTheEnd(limitMs)) behind.ended = true;
      else return undefined;
    }
  };

  return {
    async next(limitMs) {
      const left = plan.frames * plan.shape.channels - given;
      if (left <= 0) return undefined;
      let sound = await joined(limitMs);
      if (sound === undefined) {
        if (!toTheEnd(limitMs)) return undefined;
        sound = new Int16Array(Math.min(left, fillSamples));
      }
      if (sound.length > left) sound = sound.subarray(0, left);
      given += sound.length;
      return sound;
    },
    learn(grown, grownPlan) {
      if (!sameSound(plan, grownPlan) || !journalFits(spool.entries, grown.entries, rendered())) {
        throw new SipreelError(
          'pieces_misfit',
          `${dir}: a line of the journal is about sound that had been rendered without it`,
        );
      }
      spool = grown;
      plan = grownPlan;
      for (const sound of sounds) sound.learn(spool.entries, plan);
    },
    get reports() {
      return Object.fromEntries(plan.tracks.map((name, index) => [name, sounds[index]?.report]));
    },
    async rest() {
      await Promise.all(sounds.map((sound) => sound.rest()));
    },
  };
};
