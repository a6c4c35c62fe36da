import { tmpdir } from 'node:os';
import { SipreelError } from '../../../errors/error.ts';
import { decodeToPcm } from '../../../recorder/encode/decode.ts';
import { startFfmpeg } from '../../../recorder/encode/ffmpeg-process.ts';
import { joinSamples } from './clip.ts';
import { type PcmSource, sampleRate } from './pcm-source.ts';
import { fillCommand, type Speech, speechOf, type Voice } from './say-command.ts';
import { createSlots } from './slots.ts';
import { createSpeechCache } from './speech-cache.ts';
import { streamSource } from './stream-source.ts';
import { createTempFile, removeTempFile, type TempFile } from './temp-file.ts';

export interface SayOptions {
  /**
   * The text-to-speech program and its arguments, with placeholders (see fillCommand); it reads the text, UTF-8, from
   * standard input and writes any audio that ffmpeg reads to standard output.
   * Default: espeak-ng -v {voice} --stdin --stdout.
   */
  readonly command?: readonly string[];
  /** Absolute path of ffmpeg. */
  readonly ffmpeg: string;
  /** Milliseconds that the program may take for a text. Default: 15,000. */
  readonly timeoutMs?: number;
  /** Characters of the longest text. Default: 5,000, some six minutes. */
  readonly maxCharacters?: number;
  /** Bytes of spoken texts that are kept in memory. Default: 16 MiB. */
  readonly cacheBytes?: number;
  /** Texts that are spoken at once in this process; further ones wait. Default: 2. */
  readonly concurrency?: number;
  /** Folder for what the program writes. Default: the system's. */
  readonly tmpDir?: string;
}

export interface Speaker {
  /** The text, spoken; reading throws prompt_say_failed. @throws SipreelError prompt_parameter_invalid */
  say(text: string, voice?: Voice): PcmSource;
}

/** Bytes of the program's output that are taken: a runaway must not fill the disk. */
const maxOutputBytes = 200_000_000;

/** Speaks texts by an outside program. */
export const createSpeaker = (options: SayOptions): Speaker => {
  const {
    command = ['espeak-ng', '-v', '{voice}', '--stdin', '--stdout'],
    ffmpeg,
    timeoutMs = 15_000,
    maxCharacters = 5_000,
    cacheBytes = 16 * 1024 * 1024,
    concurrency = 2,
    tmpDir = tmpdir(),
  } = options;
  const cache = createSpeechCache(cacheBytes);
  const slots = createSlots(concurrency);

  const speak = async (speech: Speech, signal: AbortSignal): Promise<Int16Array> => {
    const key = JSON.stringify(speech);
    const known = cache.get(key);
    if (known !== undefined) return known;
    return await slots.run(signal, async () => {
      // While it waited, another call may have had the same said.
      const samples = cache.get(key) ?? (await synthesize(speech, signal));
      cache.set(key, samples);
      return samples;
    });
  };

  const synthesize = async (speech: Speech, signal: AbortSignal): Promise<Int16Array> => {
    const file = await createTempFile(tmpDir);
    try {
      await runCommand(speech, file, signal);
      return await decoded(file, signal);
    } finally {
      await removeTempFile(file);
    }
  };

  const runCommand = async (speech: Speech, file: TempFile, signal: AbortSignal): Promise<void> => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const [program = '', ...args] = fillCommand(command, speech);
    const child = startFfmpeg({ program, args, writes: true, reads: true, signal: AbortSignal.any([signal, timeout]) });
    try {
      child.stdin?.end(`${speech.text}\n`);
      await save(child.stdout, file);
    } catch (error) {
      // If it was over already, it is what it ended with that counts.
      child.kill(error);
    }
    try {
      await child.ended;
    } catch (cause) {
      signal.throwIfAborted();
      throw failed(timeout.aborted ? `it took longer than ${timeoutMs} ms` : messageOf(cause), cause);
    }
  };

  const save = async (output: AsyncIterable<Buffer> | null, file: TempFile): Promise<void> => {
    let bytes = 0;
    for await (const chunk of output ?? []) {
      bytes += chunk.length;
      if (bytes > maxOutputBytes) throw new Error(`it wrote more than ${maxOutputBytes} bytes`);
      await file.handle.writeFile(chunk);
    }
  };

  const decoded = async (file: TempFile, signal: AbortSignal): Promise<Int16Array> => {
    const chunks: Int16Array[] = [];
    try {
      for await (const chunk of decodeToPcm({ file: file.path, sampleRate, ffmpeg, signal })) chunks.push(chunk);
    } catch (cause) {
      if (!(cause instanceof SipreelError && cause.code === 'ffmpeg_failed')) throw cause;
      throw failed(`what it wrote is no audio: ${cause.message}`, cause);
    }
    return joinSamples(chunks);
  };

  const failed = (why: string, cause?: unknown): SipreelError =>
    new SipreelError('prompt_say_failed', `${command[0]} did not say the text: ${why}`, {
      cause,
      details: { command },
    });

  return {
    say: (text, voice = {}) => {
      const speech = speechOf(text, voice, maxCharacters);
      return streamSource(async function* (signal) {
        if (speech.text !== '') yield await speak(speech, signal);
      });
    },
  };
};

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
