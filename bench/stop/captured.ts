import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Format } from '../../src/recorder/recording/parameters.ts';
import type { RecordingRecord } from '../../src/recorder/recording/record.ts';
import { trackPath } from '../../src/recorder/spool/layout.ts';
import { recordHeaderBytes, rtpdumpHeader, writeRecordHeader } from '../../src/recorder/spool/rtpdump.ts';
import { createSpool, openSpool } from '../../src/recorder/spool/spool.ts';
import { encodePcmu } from '../../src/rtp/g711.ts';
import { rtpHeaderBytes, writeRtpHeader } from '../../src/rtp/packet.ts';

const packetMs = 20;
const packetSamples = 160;
const recordBytes = recordHeaderBytes + rtpHeaderBytes + packetSamples;
/** Packets that are written at once. */
const batchPackets = 5000;
/** Sound counts from here. */
export const startMs = 100;

/** 20 s of something like speech: syllables of hum and hiss, pauses between them; no codec finds it easy. */
const babble = (hz: number): Uint8Array => {
  const samples = new Int16Array(20 * 8000);
  let noise = hz;
  for (let i = 0; i < samples.length; i++) {
    const t = i / 8000;
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) | 0;
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 2.7 * t)) * (t % 5 < 3.5 ? 1 : 0);
    const hum = [1, 2, 3, 5].reduce(
      (sum, n) => sum + Math.sin(2 * Math.PI * hz * n * (t + 0.002 * Math.sin(9 * t))) / n,
      0,
    );
    samples[i] = syllable * (4500 * hum + (noise >> 20));
  }
  const bytes = new Uint8Array(samples.length);
  encodePcmu(samples, bytes);
  return bytes;
};

const sounds = { speak: babble(140), listen: babble(210) } as const;

const writeTrack = async (file: string, sound: Uint8Array, ssrc: number, lengthMs: number): Promise<void> => {
  const handle = await open(file, 'w');
  try {
    await handle.write(rtpdumpHeader({ startedAt: Date.now(), address: '127.0.0.1', port: 40_000 }));
    const packets = Math.ceil(lengthMs / packetMs);
    const batch = Buffer.alloc(recordBytes * batchPackets);
    for (let first = 0; first < packets; first += batchPackets) {
      const count = Math.min(batchPackets, packets - first);
      for (let i = 0; i < count; i++) {
        const index = first + i;
        const record = batch.subarray(i * recordBytes, (i + 1) * recordBytes);
        writeRecordHeader(record, 0, rtpHeaderBytes + packetSamples, false, index * packetMs);
        const rtp = record.subarray(recordHeaderBytes);
        const sequence = index & 0xffff;
        writeRtpHeader(rtp, { payloadType: 0, sequence, timestamp: index * packetSamples, ssrc, marker: index === 0 });
        const from = (index * packetSamples) % sound.length;
        rtp.set(sound.subarray(from, from + packetSamples), rtpHeaderBytes);
      }
      await handle.write(batch, 0, count * recordBytes);
    }
  } finally {
    await handle.close();
  }
};

/** The spool of a recording that still goes on, as capture would have written it until `lengthMs` after its start. */
export const writeCaptured = async (
  root: string,
  nodeId: string,
  format: Format,
  lengthMs: number,
): Promise<{ readonly record: RecordingRecord; readonly dir: string }> => {
  const recordingId = randomUUID();
  const record: RecordingRecord = {
    recording_id: recordingId,
    call_id: `call-${recordingId}`,
    control_id: 'bench',
    node_id: nodeId,
    state: 'recording',
    format,
    direction: 'both',
    stereo: true,
    url: `http://127.0.0.1/recordings/${recordingId}.${format}`,
    from: '+15550100',
    to: '+15550101',
    start_time: Date.now() / 1000,
  };
  const { dir, journal } = await createSpool(root, record);
  const payloads = { 0: { codec: 'PCMU', clockRate: 8000, channels: 1 } };
  for (const [ssrc, track] of (['speak', 'listen'] as const).entries()) {
    await journal.append({ event: 'sdp', t: 0, track, payloads });
    await writeTrack(trackPath(dir, track), sounds[track], ssrc + 1, startMs + lengthMs);
  }
  await journal.append({ event: 'started', t: startMs });
  await journal.close();
  return { record, dir };
};

/** Ends it, as the recorder does. */
export const endCaptured = async (dir: string, lengthMs: number): Promise<void> => {
  const { journal } = await openSpool(dir);
  await journal.append({ event: 'stopped', t: startMs + lengthMs, reason: 'stop' });
  await journal.close();
};
