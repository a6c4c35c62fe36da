import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DemoArguments } from '../cli/arguments.ts';
import { type Server, startServer } from '../cli/serve.ts';
import { createShutdown } from '../cli/shutdown.ts';
import { freePort } from '../embedded/ports.ts';
import { SipreelError } from '../errors/error.ts';
import { decodeToPcm } from '../recorder/encode/decode.ts';
import { type FfmpegBinaries, resolveFfmpeg } from '../recorder/encode/ffmpeg-binary.ts';
import type { RecordingRecord } from '../recorder/recording/record.ts';
import { checkRecording } from './check.ts';
import { createNarrator } from './narrator.ts';
import { runProgram } from './programs.ts';
import { makeVoice } from './voice.ts';

const script = fileURLToPath(new URL('../../config/scripts/leave-message.yaml', import.meta.url));
const scenario = fileURLToPath(new URL('caller.xml', import.meta.url));

/** `sipreel demo`: one recorded call on this machine. Gives the exit code: 0 if the recording was checked and is right. */
export const demo = async (given: DemoArguments): Promise<number> => {
  const shutdown = createShutdown();
  const stop = new AbortController();
  void shutdown.asked.then(() => stop.abort(new SipreelError('demo_failed', 'the demo was stopped')));

  const startedAt = Date.now();
  const out = given.json ? process.stderr : process.stdout;
  const tell = (text: string): void => {
    out.write(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
  };
  const dir = given.data === undefined ? await mkdtemp(join(tmpdir(), 'sipreel-demo-')) : resolve(given.data);
  await mkdir(dir, { recursive: true });
  tell(`a call into ${script}`);
  tell(`data and log: ${dir}`);

  let server: Server | undefined;
  try {
    server = await startServer(
      {
        command: 'serve',
        role: 'all',
        embedded: true,
        json: false,
        settings: [
          `routes=${JSON.stringify([{ to: '*', script }])}`,
          'http.listen=127.0.0.1:0',
          `data.dir=${JSON.stringify(dir)}`,
          `log.file=${JSON.stringify(join(dir, 'sipreel.log'))}`,
        ],
      },
      createNarrator(tell),
    );
    const binaries = await resolveFfmpeg({});
    const recordings = await oneCall(server, binaries, dir, stop.signal, tell);
    print(given, recordings, out);
    if (given.keep) {
      out.write(keepText(server, dir));
      await shutdown.asked;
    }
    return 0;
  } catch (error) {
    // Stopped by a signal: the exit code that shells know for it.
    if (stop.signal.aborted) return 130;
    throw error;
  } finally {
    await server?.close(Promise.resolve());
  }
};

/** The call and the check of what it left; leaves the voice's files behind in no case. */
const oneCall = async (
  server: Server,
  binaries: FfmpegBinaries,
  dir: string,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<readonly CheckedRecording[]> => {
  const work = await mkdtemp(join(dir, 'caller-'));
  try {
    const voice = await makeVoice(binaries.ffmpeg, { cwd: work, signal });
    await copyFile(scenario, join(work, 'caller.xml'));
    const begun = Date.now() / 1000;
    tell(`SIPp calls and will say ${(voice.length / 8000).toFixed(1)} s made by espeak-ng`);
    await runProgram('sipp', await sippArguments(server.sip), { cwd: work, signal });

    const latest = await server.node.registry.list({ limit: 20 });
    const made = latest.recordings.filter((record) => record.start_time >= begun - 1).reverse();
    if (made.length === 0) throw new SipreelError('demo_failed', 'the call left no recording');
    const checked: CheckedRecording[] = [];
    for (const { recording_id } of made) {
      const record = await server.node.recorder.whenEnded(recording_id, { signal, timeoutMs: 30_000 });
      if (record?.file === undefined) {
        throw new SipreelError(
          'demo_failed',
          `recording ${recording_id} has no file: ${record?.error?.message ?? 'it is not ready'}`,
        );
      }
      const samples = await readAll(
        decodeToPcm({ file: record.file, sampleRate: 8000, ffmpeg: binaries.ffmpeg, signal }),
      );
      const found = await checkRecording({ record, file: record.file, samples, voice, binaries });
      tell(
        `checked: the caller's voice is in the file from ${found.atS.toFixed(2)} s on (likeness ${found.likeness.toFixed(3)})`,
      );
      checked.push({ ...record, file: record.file, duration: found.durationS, channels: found.channels });
    }
    return checked;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

type CheckedRecording = RecordingRecord & {
  readonly file: string;
  readonly duration: number;
  readonly channels: number;
};

const sippArguments = async (sip: string): Promise<string[]> => {
  const port = String(await freePort('udp'));
  const here = ['-i', '127.0.0.1', '-p', port, '-mi', '127.0.0.1'];
  return ['-sf', 'caller.xml', '-m', '1', ...here, '-nostdin', '-timeout', '120s', sip];
};

const readAll = async (chunks: AsyncIterable<Int16Array>): Promise<Int16Array> => {
  const parts: Int16Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

const print = (given: DemoArguments, recordings: readonly CheckedRecording[], out: NodeJS.WriteStream): void => {
  for (const { file, url, duration, format, channels } of recordings) {
    out.write(`\nrecording  ${file}\nURL        ${url}\nlength     ${duration.toFixed(2)} s\n`);
    out.write(`format     ${format}, ${channels === 2 ? 'stereo' : 'mono'}\n`);
  }
  if (!given.json) return;
  const answer = {
    call_id: recordings[0]?.call_id,
    recordings: recordings.map(({ control_id, recording_id, file, url, format, channels, duration }) => {
      return { control_id, recording_id, file, url, format, channels, duration_s: duration };
    }),
  };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
};

const keepText = (server: Server, dir: string): string => {
  const [host, port] = server.sip.split(':');
  return `
Everything is still up. Call it, and hear your own message back:
  a softphone    sip:1000@${server.sip} (UDP or TCP, no registration, PCMU or PCMA)
  SIPp           sipp -sn uac -m 1 -d 5000 -i 127.0.0.1 ${host}:${port}
Recordings are in ${join(dir, 'recordings')}; the log is ${join(dir, 'sipreel.log')}.
Ctrl-C ends it. The dashboard, with your call as it is recorded:

  ${server.http}/
`;
};
