import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tracksOf } from '../../../src/recorder/recording/parameters.ts';
import type { RecordingRecord } from '../../../src/recorder/recording/record.ts';
import type { JournalEntry } from '../../../src/recorder/spool/journal.ts';
import { trackPath } from '../../../src/recorder/spool/layout.ts';
import { recordHeaderBytes, rtpdumpHeader, writeRecordHeader } from '../../../src/recorder/spool/rtpdump.ts';
import { createSpool, openSpool } from '../../../src/recorder/spool/spool.ts';
import { encodePcma, encodePcmu } from '../../../src/rtp/g711.ts';
import { buildRtp } from '../../../src/rtp/packet.ts';
import { tone } from '../../sound/tone.ts';

export const sampleRate = 8000;
/** What each direction sounds like: far apart, no harmonics of each other. */
export const toneHz = { speak: 440, listen: 1250 } as const;

/** How a test's spool differs from ten packets of ordinary calls. */
export interface ToneSpool {
  readonly root: string;
  readonly record?: Partial<RecordingRecord>;
  /** Milliseconds that sound. Default: 1,000. */
  readonly lengthMs?: number;
  /** Milliseconds before `started`, in which packets come already. Default: 100. */
  readonly startMs?: number;
  /** Milliseconds after which the sound goes on as PCMA of payload type 96, by an SDP of that time. */
  readonly switchMs?: number;
  /** Leave out the packets. */
  readonly silent?: boolean;
  /** Leave out the `stopped` line, as a crash does, and as long as the recording goes on. */
  readonly crashed?: boolean;
  readonly reason?: Extract<JournalEntry, { event: 'stopped' }>['reason'];
}

const packetMs = 20;
const packetSamples = (sampleRate * packetMs) / 1000;

/** A track as capture writes it: PCMU and then PCMA, one packet each 20 ms, until `endMs`. */
const trackFile = (hz: number, endMs: number, switchMs: number): Buffer => {
  const packets = Math.ceil(endMs / packetMs) + 1;
  const sound = tone(hz, sampleRate, (packets * packetMs) / 1000, 0.5);
  const parts: Uint8Array[] = [rtpdumpHeader({ startedAt: Date.now(), address: '127.0.0.1', port: 40_000 })];
  for (let index = 0; index < packets; index++) {
    const payload = new Uint8Array(packetSamples);
    const switched = index * packetMs >= switchMs;
    const encode = switched ? encodePcma : encodePcmu;
    encode(sound.subarray(index * packetSamples, (index + 1) * packetSamples), payload);
    const header = {
      payloadType: switched ? 96 : 0,
      sequence: index,
      timestamp: index * packetSamples,
      ssrc: hz,
      marker: index === 0,
    };
    const datagram = buildRtp(header, payload);
    const record = new Uint8Array(recordHeaderBytes + datagram.length);
    writeRecordHeader(record, 0, datagram.length, false, index * packetMs);
    record.set(datagram, recordHeaderBytes);
    parts.push(record);
  }
  return Buffer.concat(parts);
};

/** Writes a spool in which each direction is a tone; resolves with its record. */
export const writeToneSpool = async (options: ToneSpool): Promise<RecordingRecord & { readonly dir: string }> => {
  const { root, lengthMs = 1000, startMs = 100, switchMs = Number.POSITIVE_INFINITY } = options;
  const recordingId = options.record?.recording_id ?? randomUUID();
  const record: RecordingRecord = {
    recording_id: recordingId,
    call_id: `call-${recordingId}`,
    control_id: 'control',
    node_id: 'node-1',
    state: 'recording',
    format: 'wav',
    direction: 'both',
    stereo: true,
    url: `http://127.0.0.1/recordings/${recordingId}`,
    from: '+15550100',
    to: '+15550101',
    start_time: Date.now() / 1000,
    ...options.record,
  };
  const { dir, journal } = await createSpool(root, record);
  const stopMs = startMs + lengthMs;
  for (const track of tracksOf(record.direction)) {
    const payloads = { 0: { codec: 'PCMU', clockRate: 8000, channels: 1 } };
    await journal.append({ event: 'sdp', t: 0, track, payloads });
    if (options.switchMs !== undefined) {
      const changed = { 96: { codec: 'PCMA', clockRate: 8000, channels: 1 } };
      await journal.append({ event: 'sdp', t: options.switchMs, track, payloads: changed });
    }
    if (options.silent !== true) await writeFile(trackPath(dir, track), trackFile(toneHz[track], stopMs, switchMs));
  }
  await journal.append({ event: 'started', t: startMs });
  if (options.crashed !== true) await journal.append({ event: 'stopped', t: stopMs, reason: options.reason ?? 'stop' });
  await journal.close();
  return { ...record, dir };
};

/** Ends the recording of a spool that was left to go on. */
export const stopToneSpool = async (dir: string, stopMs: number): Promise<void> => {
  const { journal } = await openSpool(dir);
  await journal.append({ event: 'stopped', t: stopMs, reason: 'stop' });
  await journal.close();
};
