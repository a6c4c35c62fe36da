import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeFile } from '../../../src/recorder/encode/encode.ts';
import { resolveFfmpeg } from '../../../src/recorder/encode/ffmpeg-binary.ts';
import { planRender } from '../../../src/recorder/encode/plan.ts';
import { renderSpool } from '../../../src/recorder/encode/render.ts';
import { verifyFile } from '../../../src/recorder/encode/verify.ts';
import { readWavHeader, wavHeader } from '../../../src/recorder/encode/wav.ts';
import type { Direction, Format } from '../../../src/recorder/recording/parameters.ts';
import { readSpool } from '../../../src/recorder/spool/read-spool.ts';
import { goertzelDb, tone } from '../../sound/tone.ts';
import { probe, readChannels } from './read-sound.ts';
import { sampleRate, type ToneSpool, toneHz, writeToneSpool } from './tone-spool.ts';

/** Nothing of the other channel: our own rendering keeps them apart; lossy codecs add noise of their own. */
const separationDb = { wav: -60, mp3: -45, mp4: -45 } as const;
/** Clocks of containers; WAV is exact. */
const toleranceMs = { wav: 0, mp3: 60, mp4: 60 } as const;

/**
 * The length that a player keeps to. An MP3 states how many samples of its frames are padding, and ffmpeg leaves them out; the
 * index of an MP4 states the length itself, and ffmpeg decodes on to the end of the last frame.
 */
const heardMs = async (file: string, format: Format, samples: Int16Array | undefined): Promise<number> =>
  format === 'mp4' ? Number((await probe(file)).stream.duration) * 1000 : ((samples?.length ?? 0) / sampleRate) * 1000;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sipreel-sound-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const make = async (options: Omit<ToneSpool, 'root'>): Promise<{ file: string; channels: 1 | 2; frames: number }> => {
  const record = await writeToneSpool({ root, ...options });
  const spool = await readSpool(record.dir);
  const plan = planRender(spool);
  const file = join(root, `${record.recording_id}.${record.format}`);
  const { pcm } = renderSpool(record.dir, spool, plan);
  const metadata = {
    recordingId: record.recording_id,
    callId: record.call_id,
    controlId: record.control_id,
    from: record.from,
    to: record.to,
    startTime: record.start_time,
  };
  const { shape, frames } = plan;
  await encodeFile({ file, format: record.format, shape, metadata, pcm }, resolveFfmpeg);
  await verifyFile({ file, format: record.format, shape, frames });
  return { file, channels: shape.channels, frames };
};

const formats: readonly Format[] = ['wav', 'mp3', 'mp4'];
const sources: readonly {
  direction: Direction;
  stereo: boolean;
  holds: readonly (readonly (keyof typeof toneHz)[])[];
}[] = [
  { direction: 'speak', stereo: true, holds: [['speak']] },
  { direction: 'listen', stereo: false, holds: [['listen']] },
  { direction: 'both', stereo: false, holds: [['speak', 'listen']] },
  { direction: 'both', stereo: true, holds: [['speak'], ['listen']] },
];

test.each(formats.flatMap((format) => sources.map((source) => ({ format, ...source }))))(
  '$format of $direction, stereo $stereo: each channel holds what it should and nothing else',
  async ({ format, direction, stereo, holds }) => {
    const wantedMs = 2345;
    const { file, channels, frames } = await make({ record: { format, direction, stereo }, lengthMs: wantedMs });
    expect(channels).toBe(holds.length);
    expect(frames).toBe((wantedMs * sampleRate) / 1000);
    const sound = await readChannels(file, channels, sampleRate);
    const heard = await heardMs(file, format, sound[0]);
    expect(Math.abs(heard - wantedMs)).toBeLessThanOrEqual(toleranceMs[format]);
    sound.forEach((samples, channel) => {
      const middle = samples.subarray(2000, samples.length - 2000);
      for (const track of ['speak', 'listen'] as const) {
        const level = goertzelDb(middle, sampleRate, toneHz[track]);
        if (holds[channel]?.includes(track)) expect(level, `${track} in channel ${channel}`).toBeGreaterThan(-8);
        else expect(level, `${track} in channel ${channel}`).toBeLessThan(separationDb[format]);
      }
    });
  },
);

test('the sound before the start is not in the file', async () => {
  const { file } = await make({ record: { direction: 'speak' }, startMs: 500, lengthMs: 500 });
  const [samples] = await readChannels(file, 1, sampleRate);
  expect(samples?.length).toBe(4000);
  expect(goertzelDb(samples ?? new Int16Array(), sampleRate, toneHz.speak)).toBeGreaterThan(-8);
});

test('a payload type that an SDP brings in the middle of a recording sounds from there on', async () => {
  const { file } = await make({ record: { direction: 'listen' }, startMs: 0, lengthMs: 4000, switchMs: 2000 });
  const [samples = new Int16Array()] = await readChannels(file, 1, sampleRate);
  for (const half of [samples.subarray(1000, 15_000), samples.subarray(17_000, 31_000)]) {
    expect(goertzelDb(half, sampleRate, toneHz.listen)).toBeGreaterThan(-8);
  }
});

test.each(
  ([8000, 16_000, 24_000, 48_000] as const).flatMap((rate) =>
    formats.flatMap((format) => ([1, 2] as const).map((channels) => ({ format, rate, channels }))),
  ),
)('$format with $channels channels of $rate Hz is what it should be', async ({ format, rate, channels }) => {
  async function* hum(): AsyncGenerator<Int16Array> {
    for (let second = 0; second < 2; second++) yield tone(440, rate, channels, 0.3);
  }
  const file = join(root, `${rate}-${channels}.${format}`);
  const shape = { channels, sampleRate: rate };
  const metadata = { recordingId: 'r', callId: 'c', controlId: 'k', from: '', to: '', startTime: 0 };
  await encodeFile({ file, format, shape, metadata, pcm: hum() }, resolveFfmpeg);
  await verifyFile({ file, format, shape, frames: 2 * rate });
});

test('a WAV file of over 4 GiB is one to ffprobe as well', async () => {
  const file = join(root, 'large.wav');
  const seconds = 40_000;
  const dataBytes = seconds * 8000 * 4 * 4;
  const header = wavHeader({ channels: 2, sampleRate: 32_000, dataBytes, info: [{ name: 'INAM', text: 'long' }] });
  await writeFile(file, header);
  // The sound is a hole in the file: silence that takes no room.
  await truncate(file, header.length + dataBytes);
  const { stream, tags } = await probe(file);
  expect(Number(stream.duration)).toBe(seconds);
  expect(tags.title).toBe('long');
  await verifyFile({ file, format: 'wav', shape: { channels: 2, sampleRate: 32_000 }, frames: dataBytes / 4 });
});

test.each(formats)('%s: a recording of no length is a valid file of one packet of silence', async (format) => {
  const { file, frames } = await make({ record: { format }, lengthMs: 0 });
  expect(frames).toBe(160);
  const { stream } = await probe(file);
  expect(Number(stream.duration)).toBeGreaterThan(0);
  const [left, right] = await readChannels(file, 2, sampleRate);
  expect(left?.length).toBeGreaterThanOrEqual(format === 'wav' ? 160 : 1);
  expect(right?.length).toBe(left?.length);
});

test.each(formats)('%s: a recording without a packet is silence of its length', async (format) => {
  const { file } = await make({ record: { format, stereo: false }, lengthMs: 1500, silent: true });
  const [samples] = await readChannels(file, 1, sampleRate);
  expect(Math.abs((await heardMs(file, format, samples)) - 1500)).toBeLessThanOrEqual(toleranceMs[format]);
  expect(Math.max(...(samples ?? []).map(Math.abs))).toBeLessThanOrEqual(8);
});

test.each(formats)('%s: the file says whose call it is, whatever the caller put in its name', async (format) => {
  const from = '"Zoë; --\r\n\0-i /etc/passwd" <sip:x@example.org>';
  const { file } = await make({ record: { format, from, call_id: 'call-7', control_id: 'ctl-7' }, lengthMs: 100 });
  const { tags } = await probe(file);
  expect(tags).toMatchObject({
    title: 'Call call-7',
    artist: '"Zoë; -- -i /etc/passwd" <sip:x@example.org>',
    comment: expect.stringMatching(/^call_id=call-7; control_id=ctl-7; .*started=\d{4}-\d\d-\d\dT.*to=\+15550101$/),
    date: expect.stringMatching(/^\d{4}/),
  });
});

test('a WAV file is what its header says, to the byte', async () => {
  const { file, frames } = await make({ lengthMs: 777 });
  const bytes = await readFile(file);
  const facts = readWavHeader(bytes);
  expect(facts).toMatchObject({
    channels: 2,
    sampleRate,
    bitsPerSample: 16,
    dataBytes: frames * 4,
    fileBytes: bytes.length,
  });
});

test('an MP4 file has its index in front, so that a browser plays before it has everything', async () => {
  const { file } = await make({ record: { format: 'mp4' } });
  const bytes = await readFile(file);
  expect(bytes.toString('latin1', 4, 12)).toBe('ftypmp42');
  expect(bytes.indexOf('moov')).toBeGreaterThan(0);
  expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
});

test('an MP3 file states its length in front, so that seeking works', async () => {
  const { file } = await make({ record: { format: 'mp3' } });
  const head = (await readFile(file)).subarray(0, 2000).toString('latin1');
  expect(head).toContain('Info');
  expect((await stat(file)).size).toBeLessThan(12_000);
});

test('two runs make the same bytes', async () => {
  const record = await writeToneSpool({ root, record: { format: 'mp3' } });
  const files = [];
  for (const name of ['one', 'two']) {
    const spool = await readSpool(record.dir);
    const plan = planRender(spool);
    const file = join(root, name);
    const { pcm } = renderSpool(record.dir, spool, plan);
    const metadata = { recordingId: 'r', callId: 'c', controlId: 'k', from: '', to: '', startTime: 0 };
    await encodeFile({ file, format: 'mp3', shape: plan.shape, metadata, pcm }, resolveFfmpeg);
    files.push(await readFile(file));
  }
  expect(files[0]?.equals(files[1] ?? Buffer.alloc(0))).toBe(true);
});

test.each(formats)(
  '%s: verification sees a wrong length, wrong channels, a cut file and one that is none',
  async (format) => {
    const { file, frames } = await make({ record: { format }, lengthMs: 3000 });
    const expected = { file, format, shape: { channels: 2, sampleRate }, frames } as const;
    const fails = { code: 'encode_verification_failed' };
    await expect(verifyFile({ ...expected, frames: frames + 5000 })).rejects.toMatchObject(fails);
    const bytes = await readFile(file);
    for (const [name, content] of Object.entries({ cut: bytes.subarray(0, bytes.length * 0.7), none: 'no sound' })) {
      await writeFile(`${file}.${name}`, content);
      await expect(verifyFile({ ...expected, file: `${file}.${name}` }), name).rejects.toMatchObject({
        code: 'encode_verification_failed',
      });
    }
    const mono = { channels: 1, sampleRate } as const;
    await expect(verifyFile({ ...expected, shape: mono })).rejects.toMatchObject(fails);
  },
);
