import type { CaptureCounts } from '../spool/journal.ts';
import type { InspectedTrack, Inspection } from './inspect-spool.ts';
import { shownKeys } from './picture.ts';

/** What is listed of anything that happens often. */
const mostLines = 12;

const hex = (ssrc: number): string => `0x${ssrc.toString(16).padStart(8, '0')}`;
const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(2)} %`;
const ppmText = (ppm: number): string => `${ppm > 0 ? '+' : ''}${ppm.toFixed(0)} ppm`;
const dbText = (db: number): string => (db === Number.NEGATIVE_INFINITY ? 'silence' : `${db.toFixed(1)} dBFS`);

/** A list that ends with how many more there are. */
const listed = <Item>(items: readonly Item[], text: (item: Item) => string): string => {
  const more = items.length - mostLines;
  return `${items.slice(0, mostLines).map(text).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
};

const trackInWords = (track: InspectedTrack, startMs: number, counts: CaptureCounts | undefined): readonly string[] => {
  const { report, codecs, sources, gaps, losses, masked } = track;
  const s = (t: number): string => `${((t - startMs) / 1000).toFixed(2)} s`;
  const keys = shownKeys(track);
  const sent = report.packets + report.lost - report.late;
  const unknown = Object.entries(report.unknownPayloads);
  const lines: (string | undefined)[] = [
    `${report.packets} packets, ${report.lost} lost (${percent(report.lost, sent)}), ${report.late} late, ` +
      `${report.reordered} out of order, ${report.duplicates} twice; ${report.concealedMs.toFixed(0)} ms concealed, ` +
      `${report.droppedMs.toFixed(0)} ms dropped`,
    `jitter up to ${report.jitterMs.toFixed(1)} ms; the sender's clock is ${ppmText(report.driftPpm)} against ours` +
      `${report.senderReportPpm === 0 ? '' : `, ${ppmText(report.senderReportPpm)} against its own by RTCP`}; ` +
      `${report.jumps} jumps of timestamps; ${report.rtcp} RTCP`,
    `loudest ${dbText(track.peakDb)}, on average ${dbText(track.powerDb)}`,
    `codec: ${listed(codecs, ({ codec, payloadType, ptimeMs, at }) => `${codec} (type ${payloadType}${ptimeMs === undefined ? '' : `, ${ptimeMs} ms`}) from ${s(at)}`) || 'none'}`,
    `SSRC: ${listed(sources, ({ ssrc, at }) => `${hex(ssrc)} from ${s(at)}`) || 'none'}`,
    keys.length > 0 ? `keys: ${listed(keys, ({ digit, from, via }) => `${digit} at ${s(from)} (${via})`)}` : undefined,
    masked.length > 0 ? `masked: ${listed(masked, ({ from, to }) => `${s(from)} to ${s(to)}`)}` : undefined,
    report.comfortNoise > 0 ? `${report.comfortNoise} packets of comfort noise` : undefined,
    losses.length > 0 ? `lost: ${listed(losses, ({ at, packets }) => `${packets} before ${s(at)}`)}` : undefined,
    gaps.length > 0 ? `nothing sent: ${listed(gaps, ({ from, to }) => `${s(from)} to ${s(to)}`)}` : undefined,
    unknown.length > 0
      ? `not decodable: ${listed(unknown, ([type, packets]) => `${packets} packets of type ${type}`)}`
      : undefined,
    counts && counts.dropped + counts.malformed + counts.strangers > 0
      ? `not captured: ${counts.dropped} packets that the disk did not take, ${counts.malformed} that are no RTP, ${counts.strangers} of strangers`
      : undefined,
    counts && counts.paused > 0 ? `left out by pauses: ${counts.paused} packets` : undefined,
  ];
  return [track.name, ...lines.filter((line) => line !== undefined).map((line) => `  ${line}`)];
};

/** An inspection for people, without its picture. */
export const inspectionInWords = ({ spool, tracks, problems, fileMs }: Inspection): readonly string[] => {
  const { record, startMs, stopMs, reason, pauses, entries } = spool;
  const captured = entries.findLast((entry) => entry.event === 'captured');
  const s = (t: number): string => `${((t - startMs) / 1000).toFixed(2)} s`;
  const stereo = record.direction === 'both' && record.stereo ? ', stereo' : '';
  return [
    `recording ${record.recording_id}, control id ${record.control_id}, call ${record.call_id}`,
    `from ${record.from} to ${record.to}, started ${new Date(record.start_time * 1000).toISOString()}`,
    `${record.direction} as ${record.format}${stereo}: ${((stopMs - startMs) / 1000).toFixed(3)} s, ` +
      `${reason === undefined ? 'not ended, or its process died' : `ended by ${reason}`}; its file has ${(fileMs / 1000).toFixed(3)} s`,
    ...(pauses.length > 0
      ? [`paused: ${listed(pauses, ({ from, to, behavior }) => `${s(from)} to ${s(to)} (${behavior})`)}`]
      : []),
    ...problems.map((problem) => `problem: ${problem}`),
    ...tracks.flatMap((track) => trackInWords(track, startMs, captured?.tracks[track.name])),
  ];
};
