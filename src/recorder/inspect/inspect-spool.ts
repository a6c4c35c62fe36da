import { openOpusDecoder } from '../../rtp/opus.ts';
import { planRender } from '../encode/plan.ts';
import { renderSpool } from '../encode/render.ts';
import { heldRate } from '../encode/sound-rate.ts';
import { type TrackName, tracksOf } from '../recording/parameters.ts';
import type { Pause } from '../recording/pauses.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
import { readTrack } from '../spool/read-track.ts';
import type { SalvagedSpool } from '../spool/salvage.ts';
import type { TrackReport } from '../track/report.ts';
import { createLoudness, type Loudness } from './loudness.ts';
import { createSurveyor, type Survey } from './survey.ts';

/** What was captured of one direction; times are ms on the recording's clock. */
export interface InspectedTrack extends Survey {
  readonly name: TrackName;
  readonly report: TrackReport;
  /** The loudest sample of each part of the recording, dBFS. */
  readonly peaksDb: readonly number[];
  readonly peakDb: number;
  readonly powerDb: number;
  /** Times whose sound is silent in the file, because of keys. */
  readonly masked: readonly { readonly from: number; readonly to: number }[];
}

/** All that is to be known of a spool. */
export interface Inspection {
  readonly spool: SpoolContents;
  readonly problems: readonly string[];
  /** Left channel first; without those that cannot be read. */
  readonly tracks: readonly InspectedTrack[];
  /** Length of the file, ms. */
  readonly fileMs: number;
}

/**
 * Reads all of a spool, twice: once for what its packets say, once for how it sounds.
 * @throws SipreelError spool_unreadable
 */
export const inspectSpool = async (
  dir: string,
  { spool, problems, broken }: SalvagedSpool,
  parts: number,
): Promise<Inspection> => {
  const names = tracksOf(spool.record.direction).filter((name) => !broken.includes(name));
  const [first, second] = names;
  const rate = await heldRate(dir, spool);
  const fileMs = (planRender(spool, rate).frames * 1000) / rate;
  if (first === undefined) return { spool, problems, tracks: [], fileMs };
  const direction = second === undefined ? first : 'both';
  const { loudness, reports } = await listen(
    dir,
    { ...spool, record: { ...spool.record, direction, stereo: true } },
    rate,
    parts,
  );
  const tracks = await Promise.all(
    names.map(async (name, channel): Promise<InspectedTrack | undefined> => {
      const report = reports[name];
      const loud = loudness[channel];
      if (report === undefined || loud === undefined) return undefined;
      return {
        name,
        ...(await surveyTrack(dir, name, spool)),
        report,
        peaksDb: loud.peaksDb(),
        peakDb: loud.peakDb(),
        powerDb: loud.powerDb(),
        masked: spool.entries.filter((entry) => entry.event === 'masked').filter(({ track }) => track === name),
      };
    }),
  );
  return { spool, problems, tracks: tracks.filter((track) => track !== undefined), fileMs };
};

/** Renders it on the recording's own clock: pauses are times like others, only silent. */
const listen = async (
  dir: string,
  spool: SpoolContents,
  rate: number,
  parts: number,
): Promise<{ loudness: readonly Loudness[]; reports: Partial<Record<TrackName, TrackReport>> }> => {
  const pauses = spool.pauses.map((pause): Pause => ({ ...pause, behavior: 'silence' }));
  const plan = planRender({ ...spool, pauses }, rate);
  const { channels } = plan.shape;
  const loudness = Array.from({ length: channels }, () => createLoudness(plan.frames, parts));
  const { pcm, reports } = renderSpool(dir, spool, plan);
  for await (const samples of pcm) {
    for (const [channel, loud] of loudness.entries()) loud.push(samples, channel, channels);
  }
  return { loudness, reports };
};

const surveyTrack = async (dir: string, name: TrackName, spool: SpoolContents): Promise<Survey> => {
  const sdps = spool.entries.filter((entry) => entry.event === 'sdp').filter(({ track }) => track === name);
  const hasOpus = sdps.some(({ payloads }) => Object.values(payloads).some(({ codec }) => codec === 'OPUS'));
  const surveyor = createSurveyor(hasOpus ? await openOpusDecoder(8000) : undefined);
  // The first SDP is better early than not at all.
  const happenings = [
    ...sdps.map(({ t, payloads }, i) => ({ t: i === 0 ? 0 : t, act: () => surveyor.payloads(payloads) })),
    ...spool.pauses.map(({ from, to }) => ({ t: to, act: () => surveyor.pause(from, to) })),
  ].sort((a, b) => a.t - b.t);
  let next = 0;
  const actUntil = (t: number): void => {
    for (let due = happenings[next]; due !== undefined && due.t <= t; due = happenings[++next]) due.act();
  };
  for await (const packets of readTrack(dir, name)) {
    for (const packet of packets) {
      actUntil(packet.offsetMs + 0.5);
      surveyor.packet(packet);
    }
  }
  actUntil(spool.stopMs);
  return surveyor.survey();
};
