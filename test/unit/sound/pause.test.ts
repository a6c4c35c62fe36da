import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrackName } from '../../../src/recorder/recording/parameters.ts';
import type { PauseBehavior } from '../../../src/recorder/recording/pauses.ts';
import { readTrack } from '../../../src/recorder/spool/read-track.ts';
import { decodePcmu } from '../../../src/rtp/g711.ts';
import { parseRtp } from '../../../src/rtp/packet.ts';
import { loudestOutside, pausedCall, pauseNetworks, type SaidPause, shouter } from '../../sound/paused-call.ts';
import { captureSimulated, renderSpoolSound, type SimulatedRecording } from '../../sound/simulated-recording.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sipreel-pause-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The promise: a pause begins and ends within one usual packet of the moment that was asked for. */
const packetMs = 20;

const peak = (samples: Int16Array): number => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

/** Arrivals and loudness of what a spool holds of a track. */
const spooled = async (dir: string, track: TrackName): Promise<{ offsets: number[]; peak: number }> => {
  const offsets: number[] = [];
  let most = 0;
  for await (const packets of readTrack(dir, track)) {
    for (const { offsetMs, datagram } of packets) {
      offsets.push(offsetMs);
      const payload = parseRtp(datagram)?.payload;
      if (payload) most = Math.max(most, peak(decodePcmu(payload)));
    }
  }
  return { offsets, peak: most };
};

/** How long nothing sounds around a moment of a channel, ms. */
const silenceAt = (samples: Int16Array, ms: number): number => {
  const at = Math.round(ms * 8);
  let from = at;
  let to = at;
  // A sine passes through zero, but not for longer than a millisecond.
  const silent = (i: number): boolean => peak(samples.subarray(Math.max(0, i - 8), i + 8)) === 0;
  while (from > 0 && silent(from - 1)) from--;
  while (to < samples.length && silent(to)) to++;
  return (to - from) / 8;
};

describe.each(pauseNetworks)('over $name, a pause', (network) => {
  test.each([1, 2, 5, 6])('leaves no sample of what was said in it in spool or file (%i)', async (seed) => {
    const { stopMs, pauses, tracks, loudest } = pausedCall(seed, network);
    const dir = await captureSimulated({ root, stopMs, pauses, tracks });
    for (const track of ['speak', 'listen'] as const) {
      const { offsets, peak: most } = await spooled(dir, track);
      expect(most, `loudest sample in the spool of ${track}`).toBeLessThan(loudest);
      const inside = offsets.filter((t) => pauses.some((each) => t > each.from + 1 && t < each.to));
      expect(inside, `arrivals of ${track} in pauses`).toEqual([]);
      const after = offsets.filter((t) => t > (pauses[1]?.to ?? 0));
      expect(after.length, 'packets after the second pause').toBeGreaterThan(50);
    }
    const { channels } = await renderSpoolSound(dir);
    expect(channels.map(peak).filter((most) => most >= loudest)).toEqual([]);
  });
});

describe('the file of a recording with pauses', () => {
  const pauses = (behavior: PauseBehavior): readonly SaidPause[] => [
    { from: 2005.3, to: 4507.7, behavior },
    { from: 6011.1, to: 6111.9, behavior },
    { from: 7000, to: 8000, behavior },
  ];
  const pausedMs = pauses('skip').reduce((sum, { from, to }) => sum + to - from, 0);
  const stopMs = 10_000;

  const simulated = (behavior: PauseBehavior): SimulatedRecording => ({
    root,
    stopMs,
    pauses: pauses(behavior),
    tracks: { speak: shouter(stopMs, pauses(behavior), 440), listen: shouter(stopMs, pauses(behavior), 1000) },
  });

  test('that are skipped is shorter by their time to a sample, and goes on within a packet of each', async () => {
    const { plan, channels, reports } = await renderSpoolSound(await captureSimulated(simulated('skip')));
    expect(Math.abs(plan.frames - 8 * (stopMs - pausedMs))).toBeLessThanOrEqual(pauses('skip').length);
    for (const samples of channels) {
      let seam = packetMs;
      let before = 0;
      for (const { from, to } of pauses('skip')) {
        seam += from - before;
        before = to;
        expect(silenceAt(samples, seam), `ms of silence at ${seam}`).toBeLessThanOrEqual(2 * packetMs);
      }
    }
    expect(reports.speak).toMatchObject({ lost: 0, concealedMs: 0, late: 0, ssrcs: [0x1234] });
  });

  test('that are kept as silence is as long as the clock, and silent for exactly their time', async () => {
    const { plan, channels, reports } = await renderSpoolSound(await captureSimulated(simulated('silence')));
    expect(plan.frames).toBe(8 * stopMs);
    for (const samples of channels) {
      for (const { from, to } of pauses('silence')) {
        const inside = samples.subarray(Math.round(8 * (from + packetMs)), Math.round(8 * (to + packetMs)));
        expect(peak(inside)).toBe(0);
        const silentMs = silenceAt(samples, (from + to) / 2 + packetMs);
        expect(silentMs).toBeLessThanOrEqual(to - from + 2 * packetMs);
      }
    }
    expect(reports.listen).toMatchObject({ lost: 0, concealedMs: 0 });
  });

  test('has the sound between them where it was, left with right', async () => {
    const { channels } = await renderSpoolSound(await captureSimulated(simulated('silence')));
    const plain = await renderSpoolSound(await captureSimulated({ ...simulated('silence'), pauses: [] }));
    for (const [channel, samples] of channels.entries()) {
      const whole = plain.channels[channel];
      for (const [fromMs, toMs] of [
        [100, 2000],
        [4560, 6000],
        [6160, 6990],
        [8050, 10_000],
      ] as const) {
        const part = samples.subarray(8 * fromMs, 8 * toMs);
        expect([...part].findIndex((sample, i) => sample !== whole?.[8 * fromMs + i])).toBe(-1);
      }
    }
  });

  test('that was stopped while it was paused ends with the pause if that is skipped, and with the stop if not', async () => {
    for (const behavior of ['skip', 'silence'] as const) {
      const dir = await captureSimulated({
        root,
        stopMs,
        pauses: [{ from: 4000, behavior }],
        tracks: { speak: shouter(stopMs, [], 440), listen: [] },
      });
      const { plan } = await renderSpoolSound(dir);
      expect(plan.frames).toBe(8 * (behavior === 'skip' ? 4000 + packetMs : stopMs));
    }
  });

  test('whose process died in a pause ends where the pause began', async () => {
    for (const behavior of ['skip', 'silence'] as const) {
      const said = shouter(stopMs, [{ from: 4000, to: stopMs, behavior }], 440);
      const dir = await captureSimulated({
        root,
        stopMs,
        crashed: true,
        pauses: [{ from: 4000, behavior }],
        tracks: { speak: said, listen: said },
      });
      const { plan, channels } = await renderSpoolSound(dir);
      expect(plan.frames / 8).toBeGreaterThanOrEqual(3980);
      expect(plan.frames / 8).toBeLessThanOrEqual(4000 + packetMs);
      expect(Math.max(...channels.map(peak))).toBeLessThan(loudestOutside);
    }
  });

  test('whose process died before it could say that it goes on has the sound after the pause all the same', async () => {
    const dir = await captureSimulated({
      ...simulated('skip'),
      crashed: true,
      pauses: [{ from: 2000, to: 5000, behavior: 'skip' }],
      tracks: { speak: shouter(stopMs, [], 440), listen: [] },
      journal: (entries) => entries.filter(({ event }) => event !== 'resumed'),
    });
    const { plan, channels } = await renderSpoolSound(dir);
    expect(Math.abs(plan.frames / 8 - 7000)).toBeLessThanOrEqual(2 * packetMs);
    expect(peak((channels[0] ?? new Int16Array()).subarray(8 * 2100))).toBeGreaterThan(1000);
  });

  test('that is paused for two minutes and goes on with the same SSRC loses nothing of what comes after', async () => {
    const long = [{ from: 2000, to: 122_000, behavior: 'skip' }] as const;
    const said = shouter(130_000, long, 440);
    const dir = await captureSimulated({ root, stopMs: 130_000, pauses: long, tracks: { speak: said, listen: said } });
    const { plan, channels, reports } = await renderSpoolSound(dir);
    expect(plan.frames).toBe(8 * 10_000);
    const after = (channels[0] ?? new Int16Array()).subarray(8 * 2060);
    expect(silenceAt(after, 4000)).toBe(0);
    expect(reports.speak).toMatchObject({ lost: 0, jumps: 0 });
  });
});
