import { type ExecFileOptionsWithBufferEncoding, execFile } from 'node:child_process';

const piped = (command: string, args: readonly string[], input: Uint8Array | string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const options: ExecFileOptionsWithBufferEncoding = { encoding: 'buffer', maxBuffer: 1 << 28 };
    const child = execFile(command, args, options, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    child.stdin?.on('error', () => undefined); // The command's end says why.
    child.stdin?.end(input);
  });

/** A text as espeak-ng speaks it, 8 kHz mono; `voice` as in en-us+f2, `pitch` 0..99. */
export const spokenText = async (text: string, voice: string, pitch: number): Promise<Int16Array> => {
  const wav = await piped('espeak-ng', ['-v', voice, '-p', `${pitch}`, '--stdin', '--stdout'], text);
  const raw = ['-f', 's16le', '-ar', '8000', '-ac', '1', '-'];
  const pcm = await piped(process.env.FFMPEG_BIN || 'ffmpeg', ['-v', 'error', '-i', '-', ...raw], wav);
  return Int16Array.from({ length: pcm.length >> 1 }, (_, i) => pcm.readInt16LE(i * 2));
};
