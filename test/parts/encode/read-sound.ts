import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A file's sound as ffmpeg hears it: one array for each channel. */
export const readChannels = async (file: string, channels: number, sampleRate: number): Promise<Int16Array[]> => {
  const args = ['-v', 'error', '-i', file, '-f', 's16le', '-ar', String(sampleRate), '-'];
  const { stdout } = await promisify(execFile)('ffmpeg', args, { encoding: 'buffer', maxBuffer: 1e9 });
  const samples = new Int16Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + (stdout.length & ~1)));
  return Array.from({ length: channels }, (_, channel) => samples.filter((_sample, at) => at % channels === channel));
};

/** What is heard from a moment on by somebody who seeks to it: 8 kHz mono. */
export const readFrom = async (file: string, fromS: number): Promise<Int16Array> => {
  const args = ['-v', 'error', '-ss', String(fromS), '-i', file, '-f', 's16le', '-ar', '8000', '-ac', '1', '-'];
  const { stdout } = await promisify(execFile)('ffmpeg', args, { encoding: 'buffer', maxBuffer: 1e9 });
  return Int16Array.from({ length: stdout.length >> 1 }, (_, i) => stdout.readInt16LE(i * 2));
};

/** What ffprobe says of a file: its stream and the tags of its container. */
export const probe = async (
  file: string,
): Promise<{ readonly stream: Record<string, string | number>; readonly tags: Record<string, string> }> => {
  const args = ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', file];
  const { stdout } = await promisify(execFile)('ffprobe', args);
  const { streams, format } = JSON.parse(stdout);
  return { stream: streams[0], tags: { ...format.tags } };
};
