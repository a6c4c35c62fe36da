import type { InspectedTrack, Inspection } from './inspect-spool.ts';
import { shownKeys } from './picture.ts';

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** An inspection for programs; times are seconds from the start of the recording. */
export const inspectionAsJson = ({ spool, tracks, problems, fileMs }: Inspection) => {
  const { record, startMs, stopMs, reason, pauses, entries, damagedLines } = spool;
  const at = (t: number): number => rounded((t - startMs) / 1000, 3);
  const span = ({ from, to }: { readonly from: number; readonly to: number }) => ({ from_s: at(from), to_s: at(to) });
  const captured = entries.findLast((entry) => entry.event === 'captured');

  const trackAsJson = (track: InspectedTrack) => {
    const { report } = track;
    return {
      bytes: track.bytes,
      packets: report.packets,
      lost: report.lost,
      late: report.late,
      reordered: report.reordered,
      duplicates: report.duplicates,
      concealed_ms: rounded(report.concealedMs, 1),
      dropped_ms: rounded(report.droppedMs, 1),
      jitter_ms: rounded(report.jitterMs, 2),
      drift_ppm: rounded(report.driftPpm, 1),
      sender_report_ppm: rounded(report.senderReportPpm, 1),
      timestamp_jumps: report.jumps,
      rtcp: report.rtcp,
      malformed: report.malformed,
      comfort_noise: report.comfortNoise,
      unknown_payloads: report.unknownPayloads,
      ssrcs: track.sources.map((source) => ({ ssrc: source.ssrc, from_s: at(source.at) })),
      codecs: track.codecs.map((codec) => ({
        codec: codec.codec,
        payload_type: codec.payloadType,
        ptime_ms: codec.ptimeMs ?? null,
        from_s: at(codec.at),
      })),
      event_packets: report.events,
      keys: shownKeys(track).map((key) => ({ digit: key.digit, via: key.via, ...span(key) })),
      masked: track.masked.map(span),
      losses: track.losses.map((loss) => ({ at_s: at(loss.at), packets: loss.packets })),
      gaps: track.gaps.map(span),
      // JSON has no infinity: silence has no level.
      peak_dbfs: Number.isFinite(track.peakDb) ? rounded(track.peakDb, 1) : null,
      power_dbfs: Number.isFinite(track.powerDb) ? rounded(track.powerDb, 1) : null,
      peaks_dbfs: track.peaksDb.map((db) => (Number.isFinite(db) ? rounded(db, 1) : null)),
      captured: captured?.tracks[track.name] ?? null,
    };
  };

  return {
    recording_id: record.recording_id,
    call_id: record.call_id,
    control_id: record.control_id,
    node_id: record.node_id,
    from: record.from,
    to: record.to,
    start_time: record.start_time,
    direction: record.direction,
    format: record.format,
    stereo: record.stereo,
    ended: reason !== undefined,
    end_reason: reason ?? null,
    length_s: rounded((stopMs - startMs) / 1000, 3),
    file_s: rounded(fileMs / 1000, 3),
    pauses: pauses.map((pause) => ({ ...span(pause), behavior: pause.behavior })),
    damaged_lines: damagedLines,
    problems,
    tracks: Object.fromEntries(tracks.map((track) => [track.name, trackAsJson(track)])),
  };
};
