import { spawn } from 'node:child_process';

/** A codec that ffmpeg encodes for tests: another's work than the decoders under test. */
export type EncodedCodec = 'G722' | 'OPUS';

/** Samples a second that encodeFrames takes. */
export const encodedRate = 48_000;

const encoderOf: Readonly<Record<EncodedCodec, readonly string[]>> = {
  G722: ['-ar', '16000', '-c:a', 'g722', '-f', 'g722'],
  OPUS: ['-c:a', 'libopus', '-application', 'audio', '-vbr', 'on', '-frame_duration', '20', '-f', 'ogg'],
};

/** The payloads of 20 ms each of a sound of one channel at 48 kHz. `bitRate` is for Opus. */
export const encodeFrames = async (
  codec: EncodedCodec,
  samples: Int16Array,
  bitRate = 32_000,
): Promise<readonly Uint8Array[]> => {
  const input = ['-f', 's16le', '-ar', String(encodedRate), '-ac', '1', '-i', 'pipe:0'];
  const rate = codec === 'OPUS' ? ['-b:a', String(bitRate)] : [];
  const encoded = await run([...input, ...rate, ...encoderOf[codec], 'pipe:1'], samples);
  // The first two packets of Ogg Opus are its headers (RFC 7845 section 3).
  if (codec === 'OPUS') return packetsOfOgg(encoded).slice(2);
  return Array.from({ length: Math.floor(encoded.length / 160) }, (_, i) => encoded.subarray(i * 160, (i + 1) * 160));
};

/** What ffmpeg decodes from a stream of G.722, 16 kHz. */
export const decodeByFfmpeg = async (g722: Uint8Array): Promise<Int16Array> => {
  const decoded = await run(['-f', 'g722', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'], g722);
  return new Int16Array(decoded.buffer.slice(decoded.byteOffset, decoded.byteOffset + decoded.length));
};

/** What ffmpeg decodes from a stream of G.729, 8 kHz. */
export const decodeG729 = async (g729: Uint8Array): Promise<Int16Array> => {
  const decoded = await run(['-f', 'g729', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'], g729);
  return new Int16Array(decoded.buffer.slice(decoded.byteOffset, decoded.byteOffset + decoded.length));
};

const run = (args: readonly string[], input: Int16Array | Uint8Array): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const ffmpeg = spawn(process.env.FFMPEG_BIN || 'ffmpeg', ['-v', 'error', '-nostdin', ...args]);
    const out: Buffer[] = [];
    let said = '';
    ffmpeg.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    ffmpeg.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    ffmpeg.stdin.on('error', () => undefined); // Its exit code says why it reads no more.
    ffmpeg.on('error', reject);
    ffmpeg.on('close', (code) => (code === 0 ? resolve(Buffer.concat(out)) : reject(new Error(`ffmpeg: ${said}`))));
    ffmpeg.stdin.end(Buffer.from(input.buffer, input.byteOffset, input.byteLength));
  });

/** The packets of an Ogg stream (RFC 3533 section 6): each ends with a segment of less than 255 bytes. */
const packetsOfOgg = (ogg: Buffer): readonly Uint8Array[] => {
  const packets: Uint8Array[] = [];
  let parts: Buffer[] = [];
  for (let page = 0; page + 27 <= ogg.length; ) {
    const segments = ogg[page + 26] ?? 0;
    let at = page + 27 + segments;
    for (let segment = 0; segment < segments; segment++) {
      const length = ogg[page + 27 + segment] ?? 0;
      parts.push(ogg.subarray(at, at + length));
      at += length;
      if (length === 255) continue;
      packets.push(Buffer.concat(parts));
      parts = [];
    }
    page = at;
  }
  return packets;
};
