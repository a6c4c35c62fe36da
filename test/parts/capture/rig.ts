import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
// Capture runs on worker threads, which need JavaScript.
import {
  type Capture,
  type CaptureOptions,
  type CaptureRequest,
  createCapture,
} from '../../../dist/recorder/capture/capture.js';
import { readTrack } from '../../../dist/recorder/spool/read-track.js';
import { createSpool, type Spool } from '../../../dist/recorder/spool/spool.js';
import type { CaptureEvent, CaptureHandle } from '../../../src/recorder/capture/capture.ts';
import type { TrackName } from '../../../src/recorder/recording/parameters.ts';
import { buildRtp } from '../../../src/rtp/packet.ts';
import type { PayloadMap } from '../../../src/rtp/payload.ts';
import { recordOf } from '../../unit/spool/record.ts';

export const host = '127.0.0.1';

export const payloads: PayloadMap = {
  0: { codec: 'PCMU', clockRate: 8000, channels: 1 },
  101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 },
};

/** A fork as rtpengine sends it: one port for RTP, one for RTCP. */
export interface TestFork {
  readonly rtpPort: number;
  readonly rtcpPort: number;
  /** The next RTP packet: PCMU of `payload`, one byte a sample. */
  send(to: number, payload?: Uint8Array, payloadType?: number, timestamp?: number): void;
  sendRaw(to: number, datagram: Uint8Array): void;
  sendRtcp(to: number, datagram: Uint8Array): void;
  readonly sent: number;
  close(): void;
}

const bound = async (): Promise<Socket> => {
  const socket = createSocket('udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  return socket;
};

const silence = new Uint8Array(160).fill(0xff);

export const createTestFork = async (ssrc = 1): Promise<TestFork> => {
  const [rtp, rtcp] = await Promise.all([bound(), bound()]);
  let sequence = 0;
  let now = 0;
  return {
    rtpPort: rtp.address().port,
    rtcpPort: rtcp.address().port,
    send(to, payload = silence, payloadType = 0, timestamp = now) {
      const header = { payloadType, sequence: sequence & 0xffff, timestamp, ssrc, marker: false };
      rtp.send(buildRtp(header, payload), to, host);
      sequence++;
      now = (now + 160) >>> 0;
    },
    sendRaw: (to, datagram) => rtp.send(datagram, to, host),
    sendRtcp: (to, datagram) => rtcp.send(datagram, to, host),
    get sent() {
      return sequence;
    },
    close() {
      rtp.close();
      rtcp.close();
    },
  };
};

/** One recording under test. */
export interface TestRecording {
  readonly spool: Spool;
  readonly handle: CaptureHandle;
  readonly events: CaptureEvent[];
}

export interface Rig {
  readonly root: string;
  readonly capture: Capture;
  open(request?: Partial<CaptureRequest>): Promise<TestRecording>;
  fork(ssrc?: number): Promise<TestFork>;
  close(): Promise<void>;
}

/** A running capture with a spool root of its own. */
export const createRig = async (options: Partial<CaptureOptions> = {}): Promise<Rig> => {
  const root = options.spoolRoot ?? (await mkdtemp(join(tmpdir(), 'sipreel-capture-')));
  const capture = createCapture({ spoolRoot: root, log: pino({ level: 'silent' }), ...options });
  await capture.start().catch(async (error: unknown) => {
    await capture.close();
    await rm(root, { recursive: true, force: true });
    throw error;
  });
  const forks: TestFork[] = [];
  const spools: Spool[] = [];
  return {
    root,
    capture,
    async open(request = {}) {
      const spool = await createSpool(root, recordOf(randomUUID()));
      spools.push(spool);
      const { recordingId, epoch } = spool;
      const handle = await capture.open({ recordingId, epoch, tracks: ['speak', 'listen'], ...request });
      const events: CaptureEvent[] = [];
      handle.on((event) => events.push(event));
      return { spool, handle, events };
    },
    async fork(ssrc) {
      const fork = await createTestFork(ssrc);
      forks.push(fork);
      return fork;
    },
    async close() {
      await capture.close();
      for (const fork of forks.splice(0)) fork.close();
      // A test may have filled the disk on purpose.
      await Promise.allSettled(spools.map((spool) => spool.journal.close()));
      await rm(root, { recursive: true, force: true });
    },
  };
};

export const source = (fork: TestFork): { address: string; rtpPort: number; rtcpPort: number } => ({
  address: host,
  rtpPort: fork.rtpPort,
  rtcpPort: fork.rtcpPort,
});

export interface Spooled {
  readonly offsets: number[];
  readonly sequences: number[];
  readonly rtcp: number;
}

/** What a track holds. */
export const spooled = async (dir: string, track: TrackName): Promise<Spooled> => {
  const offsets: number[] = [];
  const sequences: number[] = [];
  let rtcp = 0;
  for await (const packets of readTrack(dir, track)) {
    for (const packet of packets) {
      if (packet.rtcp) rtcp++;
      else {
        offsets.push(packet.offsetMs);
        sequences.push(packet.datagram.readUInt16BE(2));
      }
    }
  }
  return { offsets, sequences, rtcp };
};

/** 0, 1, ... n-1. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
