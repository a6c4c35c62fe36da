import { describe, expect, test } from 'vitest';
import { buildSenderReport } from '../../../src/rtp/sender-report.ts';
import { goertzelDb, tone } from '../../sound/tone.ts';
import { markedCall, times } from './marked-call.ts';
import { render } from './render.ts';
import { createSender, randomNumbers, type SenderOptions } from './sender.ts';
import { cleanDb, levelDb, syncMs, trackMs } from './tolerances.ts';

const hour = 3600;
const hourTimeoutMs = 60_000;

const sideOf = (ppm: number, seed: number, loss: number): SenderOptions => {
  const random = randomNumbers(seed);
  return {
    ppm,
    ssrc: seed,
    timestamp: 2 ** 32 - seed * 1e6,
    network: () => (random() < loss ? undefined : random() * 30),
  };
};

describe('an hour', () => {
  test(
    'of clocks at +500 and -500 ppm with 15 % loss: as long as the wall clock, left with right at each point of it',
    () => {
      const left = markedCall(sideOf(500, 1, 0.15), (_, second) => times(hour + 1, second));
      const right = markedCall(sideOf(-500, 2, 0.15), (_, second) => times(hour - 1, second));
      expect(left.samples.length).toBe(Math.round(8 * left.stopMs));
      expect(right.samples.length).toBe(Math.round(8 * right.stopMs));
      expect(left.found).toBeGreaterThan(0.8 * hour);
      expect(right.found).toBeGreaterThan(0.8 * hour);
      // The markers of one side are compared with the wall clock; both sides together are within the sum.
      expect(left.worstMs).toBeLessThanOrEqual(trackMs);
      expect(right.worstMs).toBeLessThanOrEqual(trackMs);
      expect(left.worstMs + right.worstMs).toBeLessThanOrEqual(syncMs);
      expect(left.report.driftPpm).toBeCloseTo(500, -1);
      expect(right.report.driftPpm).toBeCloseTo(-500, -1);
      expect(left.report).toMatchObject({ jumps: 0, droppedMs: 0, late: 0 });
      expect(right.report).toMatchObject({ jumps: 0, droppedMs: 0, late: 0 });
    },
    hourTimeoutMs,
  );
});

describe('ten minutes', () => {
  test.each([
    { ppm: 1000, jitterMs: 0 },
    { ppm: -1000, jitterMs: 0 },
    { ppm: 50, jitterMs: 20 },
    { ppm: 500, jitterMs: 300 },
    { ppm: -500, jitterMs: 300 },
    { ppm: 0, jitterMs: 300 },
  ])('of $ppm ppm of drift between both clocks and $jitterMs ms of jitter', ({ ppm, jitterMs }) => {
    const random = randomNumbers(jitterMs + ppm);
    const call = markedCall({ ppm, network: () => random() * jitterMs }, (_, second) => times(600, second));
    expect(call.found).toBe(600);
    expect(call.worstMs).toBeLessThanOrEqual(trackMs);
    expect(call.report.jumps).toBe(0);
  });

  test('of DTX and drift: each talk spurt is at its time', () => {
    const random = randomNumbers(8);
    const call = markedCall({ ppm: 500, network: () => random() * 20 }, (sender, second) =>
      times(200, () => {
        second();
        sender.pause(20 * Math.ceil(random() * 200));
      }),
    );
    expect(call.found).toBe(200);
    expect(call.worstMs).toBeLessThanOrEqual(trackMs);
  });
});

test('drift is corrected inaudibly: a tone keeps its level, and nothing else sounds beside it', () => {
  const sender = createSender({ ppm: 500 });
  times(30, () => sender.say(tone(1000, 8000, 1, 0.5)));
  const { samples } = render(sender.arrivals(), 30_000);
  const corrected = samples.subarray(8 * 15_000, 8 * 16_000);
  const rms = Math.sqrt(corrected.reduce((sum, sample) => sum + sample * sample, 0) / corrected.length);
  expect(Math.abs(20 * Math.log10((rms * Math.SQRT2) / 32768 / 0.5))).toBeLessThanOrEqual(levelDb);
  // Inserting a single sample each 250 ms would leave some -50 dB all over the spectrum.
  const beside = [500, 900, 950, 1050, 1100, 2500, 3300].map((hz) => [hz, goertzelDb(corrected, 8000, hz)] as const);
  expect(beside.filter(([, level]) => level > cleanDb)).toEqual([]);
});

test("RTCP sender reports tell how fast the sender's media clock is against its own wall clock", () => {
  const sender = createSender();
  const sent = [];
  for (let second = 0; second < 60; second += 5) {
    times(5, () => sender.say(tone(1000, 8000, 1, 0.5)));
    sent.push({
      arrivalMs: sender.nowMs(),
      datagram: buildSenderReport({
        ssrc: sender.phone.ssrc,
        ntpMs: 3.9e12 + sender.nowMs() * (1 - 100e-6),
        timestamp: sender.phone.timestamp,
        packets: 0,
        bytes: 0,
      }),
    });
  }
  const all = [...sender.arrivals(), ...sent].sort((a, b) => a.arrivalMs - b.arrivalMs);
  const { track } = render(all, 60_000);
  expect(track.report.rtcp).toBe(12);
  expect(track.report.malformed).toBe(0);
  expect(track.report.senderReportPpm).toBeCloseTo(100, 0);
});
