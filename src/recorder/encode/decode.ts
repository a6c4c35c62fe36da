import { startFfmpeg } from './ffmpeg-process.ts';

/** What is to be decoded, and into what. */
export interface DecodeOptions {
  /** Path of an audio file; its content may be anyone's. */
  readonly file: string;
  /** Frames per second of the result. */
  readonly sampleRate: number;
  /** Of the result, interleaved. Default: 1, all of them mixed. */
  readonly channels?: number;
  /** Absolute path of ffmpeg. */
  readonly ffmpeg: string;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without progress after which ffmpeg is killed as hung. Default: 30,000. */
  readonly stallMs?: number;
}

/**
 * Containers that hold sound. Playlists are not among them: an "audio file" that is one would make ffmpeg open whatever
 * files it names.
 */
const containers =
  'wav,w64,aiff,au,caf,mp3,aac,ac3,flac,ogg,amr,amrnb,amrwb,gsm,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,asf';

/** ffmpeg's arguments to decode the first audio stream of `file` to s16le on standard output, mono by default. */
export const decodeArguments = (file: string, sampleRate: number, channels = 1): readonly string[] => [
  ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-threads', '1'],
  ...['-protocol_whitelist', 'file', '-format_whitelist', containers, '-i', `file:${file}`],
  ...['-map', '0:a:0', '-vn', '-sn', '-dn', '-map_metadata', '-1', '-threads', '1'],
  ...['-ac', String(channels), '-ar', String(sampleRate), '-c:a', 'pcm_s16le', '-f', 's16le', 'pipe:1'],
];

/**
 * Any audio file as 16-bit PCM, in chunks as ffmpeg yields them. Throws ffmpeg_missing, ffmpeg_failed (no audio file),
 * ffmpeg_hung, or the signal's reason; a consumer that leaves early ends ffmpeg. Time that the consumer takes is no stall.
 */
export async function* decodeToPcm(options: DecodeOptions): AsyncGenerator<Int16Array, void, undefined> {
  const { file, sampleRate, channels, ffmpeg, signal, stallMs = 30_000 } = options;
  const args = decodeArguments(file, sampleRate, channels);
  const child = startFfmpeg({ program: ffmpeg, args, writes: false, reads: true, stallMs, signal });
  const chunks: AsyncIterator<Buffer> | undefined = child.stdout?.[Symbol.asyncIterator]();
  let half: number | undefined;
  try {
    for (;;) {
      const next = await child.waitFor(chunks?.next() ?? Promise.resolve({ done: true as const, value: undefined }));
      if (next.done) break;
      const carried = half === undefined ? 0 : 1;
      const samples = (next.value.length + carried) >> 1;
      // A pipe cuts where it likes: an odd byte belongs to the next chunk's first sample.
      const bytes = new Uint8Array(samples * 2 + 2);
      if (half !== undefined) bytes[0] = half;
      bytes.set(next.value, carried);
      half = (next.value.length + carried) % 2 === 1 ? next.value[next.value.length - 1] : undefined;
      if (samples > 0) yield new Int16Array(bytes.buffer, 0, samples);
    }
    await child.waitFor(child.ended);
  } catch (error) {
    // A killed decoder breaks the stream: what it was killed for says more than that.
    child.kill(error);
    await child.ended;
    throw error;
  } finally {
    child.kill(new Error('nobody wants the rest of the sound'));
    await child.ended.catch(() => undefined);
  }
}
