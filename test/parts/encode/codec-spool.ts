import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { TrackName } from '../../../src/recorder/recording/parameters.ts';
import type { RecordingRecord } from '../../../src/recorder/recording/record.ts';
import type { JournalEntry, PayloadMap } from '../../../src/recorder/spool/journal.ts';
import { trackPath } from '../../../src/recorder/spool/layout.ts';
import { recordHeaderBytes, rtpdumpHeader, writeRecordHeader } from '../../../src/recorder/spool/rtpdump.ts';
import { createSpool } from '../../../src/recorder/spool/spool.ts';
import { encodePcmu } from '../../../src/rtp/g711.ts';
import { buildRtp } from '../../../src/rtp/packet.ts';
import { encodedRate, encodeFrames } from '../../sound/encoded.ts';

/** What a leg may speak in these spools. */
export type SpokenCodec = 'PCMU' | 'G722' | 'OPUS';

/** Their payload types here. */
export const payloadsOf: Readonly<Record<SpokenCodec, PayloadMap>> = {
  PCMU: { 0: { codec: 'PCMU', clockRate: 8000, channels: 1 } },
  G722: { 9: { codec: 'G722', clockRate: 8000, channels: 1 } },
  OPUS: { 111: { codec: 'OPUS', clockRate: 48_000, channels: 2 } },
};

/** A part of what a track has: sound at 48 kHz in a codec, one part after the other. */
export interface Spoken {
  readonly codec: SpokenCodec;
  readonly sound: Int16Array;
  /** What the SDP of that time says. Default: the codec's payload type. */
  readonly payloads?: PayloadMap;
}

export interface CodecSpool {
  readonly root: string;
  readonly record?: Partial<RecordingRecord>;
  readonly tracks: Partial<Record<TrackName, readonly Spoken[]>>;
  readonly lengthMs: number;
  /** More lines of the journal. */
  readonly entries?: readonly JournalEntry[];
  /** True for a packet that is lost, by its number in the track. */
  readonly lost?: (packet: number) => boolean;
}

const packetMs = 20;

const framesOf = ({ codec, sound }: Spoken): Promise<readonly Uint8Array[]> | readonly Uint8Array[] => {
  if (codec !== 'PCMU') return encodeFrames(codec, sound, 64_000);
  return Array.from({ length: Math.floor(sound.length / 960) }, (_, i) => {
    const payload = new Uint8Array(160);
    // Each sixth sample: the tones of these tests have nothing to fold.
    encodePcmu(
      sound.subarray(i * 960, (i + 1) * 960).filter((_sample, at) => at % 6 === 0),
      payload,
    );
    return payload;
  });
};

/** A track's file, and the SDPs that come with its parts. */
const trackOf = async (track: TrackName, parts: readonly Spoken[], lost: (packet: number) => boolean) => {
  const bytes: Uint8Array[] = [rtpdumpHeader({ startedAt: Date.now(), address: '127.0.0.1', port: 40_000 })];
  const sdps: JournalEntry[] = [];
  let packet = 0;
  for (const part of parts) {
    sdps.push({ event: 'sdp', t: packet * packetMs, track, payloads: part.payloads ?? payloadsOf[part.codec] });
    const payloadType = Number(Object.keys(payloadsOf[part.codec])[0]);
    const ticks = part.codec === 'OPUS' ? 960 : 160;
    const firstPacket = packet;
    // An encoder gives a little more than it was given, to bring out what it holds back.
    const count = Math.round((part.sound.length * 1000) / encodedRate / packetMs);
    for (const frame of (await framesOf(part)).slice(0, count)) {
      const timestamp = (firstPacket + 1000) * 160 + (packet - firstPacket) * ticks;
      const header = { payloadType, sequence: packet, timestamp, ssrc: 7, marker: false };
      const datagram = buildRtp(header, frame);
      const record = new Uint8Array(recordHeaderBytes + datagram.length);
      writeRecordHeader(record, 0, datagram.length, false, (packet + 1) * packetMs);
      record.set(datagram, recordHeaderBytes);
      if (!lost(packet)) bytes.push(record);
      packet++;
    }
  }
  return { file: Buffer.concat(bytes), sdps };
};

/** Writes a spool whose recording starts at 0; resolves with its record. */
export const writeCodecSpool = async (options: CodecSpool): Promise<RecordingRecord & { readonly dir: string }> => {
  const record: RecordingRecord = {
    recording_id: randomUUID(),
    call_id: 'call',
    control_id: 'control',
    node_id: 'node-1',
    state: 'recording',
    format: 'wav',
    direction: 'both',
    stereo: true,
    url: 'http://127.0.0.1/recording',
    from: '+15550100',
    to: '+15550101',
    start_time: Date.now() / 1000,
    ...options.record,
  };
  const { dir, journal } = await createSpool(options.root, record);
  for (const track of ['speak', 'listen'] as const) {
    const { file, sdps } = await trackOf(track, options.tracks[track] ?? [], options.lost ?? (() => false));
    await writeFile(trackPath(dir, track), file);
    for (const sdp of sdps) await journal.append(sdp);
  }
  for (const entry of options.entries ?? []) await journal.append(entry);
  await journal.append({ event: 'started', t: 0 });
  await journal.append({ event: 'stopped', t: options.lengthMs, reason: 'stop' });
  await journal.close();
  return { ...record, dir };
};
