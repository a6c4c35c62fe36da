import { type ExecFileOptionsWithBufferEncoding, execFile } from 'node:child_process';
import { expect, test } from 'vitest';
import { createToneDetector } from '../../../src/recorder/capture/tone-digits.ts';
import { encodePcmu, pcmuSamples } from '../../../src/rtp/g711.ts';

const text = `The quick brown fox jumps over the lazy dog. She sells sea shells by the sea shore. How are you today?
Please leave your message after the tone, and we will call you back as soon as we can. One two three four five six
seven eight nine zero. You owe me a yoyo, we were away a year ago. Ooh, no, oh yes I see, aha, mmm, hello, hello.
Many men mean money more or less.`;

const piped = (command: string, args: readonly string[], input: Uint8Array | string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const options: ExecFileOptionsWithBufferEncoding = { encoding: 'buffer', maxBuffer: 1 << 28 };
    const child = execFile(command, args, options, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    child.stdin?.on('error', () => undefined); // The command's end says why.
    child.stdin?.end(input);
  });

/** Spoken text as PCMU. */
const spoken = async (voice: string, pitch: number): Promise<Uint8Array> => {
  const wav = await piped('espeak-ng', ['-v', voice, '-p', `${pitch}`, '--stdin', '--stdout'], text);
  const raw = ['-f', 's16le', '-ar', '8000', '-ac', '1', '-'];
  const pcm = await piped(process.env.FFMPEG_BIN || 'ffmpeg', ['-v', 'error', '-i', '-', ...raw], wav);
  const bytes = new Uint8Array(pcm.length >> 1);
  encodePcmu(
    Int16Array.from(bytes, (_, i) => pcm.readInt16LE(i * 2)),
    bytes,
  );
  return bytes;
};

test('no key is heard in ten minutes of speech by low and high voices', async () => {
  let seconds = 0;
  const heard: string[] = [];
  for (const voice of [
    'en-us',
    'en-us+f2',
    'en-us+f4',
    'en-us+m3',
    'en-us+croak',
    'de+f2',
    'fr+f4',
    'es+f3',
    'ru+f2',
  ]) {
    for (const pitch of [30, 60, 90]) {
      const bytes = await spoken(voice, pitch);
      seconds += bytes.length / 8000;
      const detector = createToneDetector((digit, from, to) =>
        heard.push(`${digit} in ${voice} at pitch ${pitch}, ${Math.round(from)}-${Math.round(to)} ms`),
      );
      for (let at = 0; at < bytes.length; at += 160) {
        detector.g711(pcmuSamples, bytes.subarray(at, at + 160), at / 8 + 20);
      }
      detector.finish();
    }
  }
  expect(heard).toEqual([]);
  expect(seconds).toBeGreaterThan(600);
});
