import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Direction, Format } from '../../src/recorder/recording/parameters.ts';
import { type DecodedFile, decode, describeDecoded, levelsDb, probe, toneSpan } from '../kit/files.ts';
import type { Phone } from '../kit/phone.ts';
import { hostAmplitude } from '../kit/script-host.ts';
import { type Stage, startStage } from '../kit/stage.ts';

/**
 * What the caller says and what it hears. G.711 gives a tone distortion at the odd multiples of the frequency that it
 * shares with 8 kHz: 40 Hz for 440, 80 Hz for 1040. Neither has any where the other tone is, so what is found there is
 * a leak and not distortion.
 */
const spokenHz = 440;
const heardHz = 1040;
const sentDb = 20 * Math.log10(hostAmplitude);

/** What one tone may leave in a channel that is not its own: nothing but rounding in WAV; lossy codecs add noise. */
const leakDb: Readonly<Record<Format, number>> = { wav: -60, mp3: -45, mp4: -45 };
/** G.711 keeps a tone's level within tenths of a dB; lossy codecs within one. */
const levelToleranceDb: Readonly<Record<Format, number>> = { wav: 0.5, mp3: 1, mp4: 1 };
/** What is left out around the begin and the end of a tone: codecs smear them over a frame. */
const edgeS = 0.15;
/** What a recording's length may be beyond the clock: a packet of 20 ms, and the clocks are read in ms. */
const lengthToleranceS = 0.022;

const directions: readonly Direction[] = ['speak', 'listen', 'both'];
const formats: readonly Format[] = ['wav', 'mp3', 'mp4'];
const combinations = formats.flatMap((format) =>
  directions.flatMap((direction) =>
    [false, true].map((stereo) => ({
      format,
      direction,
      stereo,
      id: `${direction}-${stereo ? 'stereo' : 'mono'}-${format}`,
    })),
  ),
);
type Combination = (typeof combinations)[number];

const containers: Readonly<Record<Format, { format: RegExp; codec: string }>> = {
  wav: { format: /^wav$/, codec: 'pcm_s16le' },
  mp3: { format: /^mp3$/, codec: 'mp3' },
  mp4: { format: /\bmp4\b/, codec: 'aac' },
};

let stage: Stage;

const tonesOf = ({ direction, stereo }: Combination): readonly (readonly number[])[] => {
  if (direction === 'speak') return [[spokenHz]];
  if (direction === 'listen') return [[heardHz]];
  return stereo ? [[spokenHz], [heardHz]] : [[spokenHz, heardHz]];
};

/** All these recordings at once on one call; the caller speaks all the time and hears a tone for some of it. */
const makeCall = async (number: string, recorded: readonly Combination[], toneS: number): Promise<Phone> => {
  const { host, sink } = stage;
  host.serve(number, [
    ...recorded.flatMap(({ id, format, direction, stereo }) => [
      host.tell(number, `starting ${id}`),
      { record_call: { control_id: id, format, direction, stereo, status_url: `${sink.url}/${number}` } },
      host.tell(number, `started ${id}`),
    ]),
    { play: host.toneUrl(heardHz, toneS) },
    ...recorded.flatMap(({ id }) => [host.tell(number, `stopping ${id}`), { stop_record_call: { control_id: id } }]),
    host.tell(number, 'done'),
  ]);
  const made = await stage.dial(number, { hz: spokenHz, amplitude: hostAmplitude });
  await host.told(number, 'done', 60_000);
  expect(await made.ended).toBe('server');
  return made.phone;
};

/**
 * How long a recording lasted by the clock: it began between what the script told before and after record_call, and
 * ended between what it told before stop_record_call and the log's line. That is known to some ten ms on an idle machine.
 */
const clockOf = async (number: string, id: string): Promise<{ leastS: number; mostS: number }> => {
  const at = async (what: string): Promise<number> =>
    performance.timeOrigin + (await stage.host.told(number, `${what} ${id}`)).atMs;
  const captured = await stage.server.waitForLog(
    `the end of ${id}`,
    ({ msg, control_id }) => msg === 'captured' && control_id === id,
  );
  const endedAt = Date.parse(String(captured.time));
  return {
    leastS: ((await at('stopping')) - (await at('started'))) / 1000,
    mostS: (endedAt - (await at('starting'))) / 1000,
  };
};

/** Checks one recording: format, channels, length, and what is in each channel. */
const check = async (number: string, made: Combination): Promise<void> => {
  const { id, format } = made;
  const { url, duration } = (await stage.sink.waitForState(id, 'finished')).params;
  const file = await stage.download(url);
  const facts = await probe(file);
  const sound = await decode(file, facts);
  const story = describeDecoded(file, facts, sound, [spokenHz, heardHz]);

  expect.soft(facts, story).toMatchObject({ codec: containers[format].codec, sampleRate: 8000 });
  expect.soft(facts.format).toMatch(containers[format].format);
  const tones = tonesOf(made);
  expect(facts.channels, story).toBe(tones.length);

  const started = await stage.host.told(number, `started ${id}`);
  expect(started).toMatchObject({ record_call_result: 'success', record_control_id: id, record_call_url: url });
  const { leastS, mostS } = await clockOf(number, id);
  // The last frame of a lossy codec is padded. ffprobe counts that in MP3, and older ffmpegs decode it in MP4.
  const lengthS = Math.min(facts.durationS, sound.durationS);
  const clock = `lasted ${leastS.toFixed(3)} to ${mostS.toFixed(3)} s by the clock; ${story}`;
  expect.soft(lengthS, clock).toBeGreaterThan(leastS - lengthToleranceS);
  expect.soft(lengthS, clock).toBeLessThan(mostS + lengthToleranceS);
  expect.soft(lengthS, `the event says ${duration} s; ${story}`).toBeCloseTo(duration ?? 0, 2);
  for (const [channel, own] of tones.entries()) checkChannel(sound, channel, own, format, story);
};

const checkChannel = (sound: DecodedFile, channel: number, own: readonly number[], format: Format, story: string) => {
  const spans = own.map((hz) => toneSpan(sound, channel, hz, sentDb - 6) ?? { fromS: 0, toS: 0 });
  for (const [i, hz] of own.entries()) {
    const { fromS, toS } = spans[i] ?? { fromS: 0, toS: 0 };
    const levels = levelsDb(sound, channel, hz, fromS + edgeS, toS - edgeS);
    expect.soft(levels.length, `channel ${channel} at ${hz} Hz; ${story}`).toBeGreaterThan(3);
    const furthest = Math.max(...levels.map((level) => Math.abs(level - sentDb)));
    expect.soft(furthest, `dB off in channel ${channel} at ${hz} Hz; ${story}`).toBeLessThan(levelToleranceDb[format]);
  }
  for (const hz of [spokenHz, heardHz].filter((each) => !own.includes(each))) {
    const [span] = spans;
    // Where a tone begins or ends it is no tone but has all frequencies.
    const beside = levelsDb(sound, channel, hz, (span?.fromS ?? 0) + edgeS, (span?.toS ?? 0) - edgeS);
    const after = levelsDb(sound, channel, hz, (span?.toS ?? 0) + edgeS);
    const leak = Math.max(...beside, ...after) - sentDb;
    expect.soft(leak, `${hz} Hz leaks into channel ${channel}; ${story}`).toBeLessThan(leakDb[format]);
  }
};

beforeAll(async () => {
  stage = await startStage();
});

afterAll(() => stage.close());

describe('one recording on a call', () => {
  const alone: Combination = { id: 'alone', format: 'wav', direction: 'both', stereo: true };

  test('has what the caller says on the left and what it hears on the right', async () => {
    const phone = await makeCall('alone', [alone], 2);
    await check('alone', alone);
    const level = phone.heardDb(heardHz);
    expect(phone.heardDb(spokenHz), `the caller hears itself; what it should hear is at ${level} dB`).toBeLessThan(-70);
  });
});

describe('all of them at once on one call', () => {
  beforeAll(() => makeCall('all', combinations, 2));

  test.each(combinations)('$id has its own sound, all of it, and nothing else', (each) => check('all', each));
});
