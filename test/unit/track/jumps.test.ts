import { describe, expect, test } from 'vitest';
import { tone } from '../../sound/tone.ts';
import { markedCall, times } from './marked-call.ts';
import { firstDifference, render, throughG711 } from './render.ts';
import { createSender, randomNumbers } from './sender.ts';
import { anchorMs, syncMs, trackMs } from './tolerances.ts';

const jitters = [
  { jitter: 'no jitter', network: () => () => 0 },
  {
    jitter: '20 ms of jitter',
    network: () => {
      const random = randomNumbers(11);
      return () => random() * 20;
    },
  },
];

describe.each(jitters)('with $jitter', ({ network }) => {
  test.each([1e6, -1e6, 2 ** 31, 8000, -8000, 1600, -1600, 800, -800, 480, -480])(
    'timestamps that jump by %i ticks while the sound goes on leave no seam',
    (ticks) => {
      const sender = createSender({ network: network() });
      const sine = tone(440, 8000, 12, 0.5);
      sender.say(sine.subarray(0, 48000));
      sender.phone.timestamp += ticks;
      sender.say(sine.subarray(48000));
      const { samples, track } = render(sender.arrivals(), 12_100);
      const at = samples.findIndex((sample) => sample !== 0) - 1;
      expect(Math.abs(at / 8 - 20)).toBeLessThanOrEqual(anchorMs);
      expect(firstDifference(samples.subarray(at, at + sine.length), throughG711(sine))).toBe(-1);
      expect(track.report).toMatchObject({ jumps: 1, droppedMs: 0, concealedMs: 0 });
    },
  );

  test.each([8, 40, 80, 160, -8, -40, -80, -160])(
    'a jump by %i ticks, no more than a packet, is never further off than the promise',
    (ticks) => {
      const call = markedCall({ network: network() }, (sender, second) => {
        times(10, second);
        sender.phone.timestamp += ticks;
        times(10, second);
      });
      expect(call.found).toBe(20);
      expect(call.worstMs).toBeLessThanOrEqual(syncMs);
    },
  );

  test('timestamps that stand still for the whole call are told from the sequence numbers', () => {
    const call = markedCall({ network: network() }, (sender, second) => {
      Object.defineProperty(sender.phone, 'timestamp', { get: () => 5000, set: () => undefined });
      times(10, second);
    });
    expect(call.found).toBe(10);
    // What is ahead tells nothing here, so that the first packet's jitter has to be corrected later.
    expect(call.worstMs).toBeLessThanOrEqual(syncMs);
  });

  test('sequence numbers that begin anew, with the timestamps or without, leave no seam', () => {
    const call = markedCall({ network: network() }, (sender, second) => {
      times(5, second);
      sender.phone.sequence = 40_000;
      times(5, second);
      Object.assign(sender.phone, { sequence: 9, timestamp: 7 });
      times(5, second);
    });
    expect(call.found).toBe(15);
    expect(call.worstMs).toBeLessThanOrEqual(anchorMs);
    expect(call.report).toMatchObject({ lost: 0, droppedMs: 0, jumps: 2 });
  });

  test('one packet of a sequence of its own is a stray and changes nothing', () => {
    const call = markedCall({ network: network() }, (sender, second) => {
      times(3, second);
      const { sequence } = sender.phone;
      sender.phone.sequence = sequence + 20_000;
      sender.sendOther(0, new Uint8Array(160));
      sender.phone.sequence = sequence;
      times(3, second);
    });
    expect(call.found).toBe(6);
    expect(call.worstMs).toBeLessThanOrEqual(anchorMs);
    expect(call.report).toMatchObject({ lost: 0, jumps: 0 });
  });
});

test.each([1, 2])(
  '%i packets lost where the timestamps jump are concealed, and what follows is at its time',
  (lost) => {
    const call = markedCall(
      { network: (index) => (index >= 250 && index < 250 + lost ? undefined : 0) },
      (sender, second) => {
        times(5, second);
        sender.phone.timestamp += 1_000_000;
        times(5, second);
      },
    );
    // The marker of the second that begins with the loss is lost too.
    expect(call.found).toBe(9);
    expect(call.worstMs).toBe(0);
    expect(call.report).toMatchObject({ jumps: 1, lost, concealedMs: 20 * lost, droppedMs: 0 });
  },
);

test.each([-20, -300, -900])(
  'sequence numbers that begin anew %i before where they were, are no late packets',
  (back) => {
    const random = randomNumbers(5);
    const call = markedCall({ network: () => random() * 20 }, (sender, second) => {
      times(30, second);
      Object.assign(sender.phone, { sequence: sender.phone.sequence + back, timestamp: 77 });
      times(30, second);
    });
    expect(call.found).toBe(60);
    expect(call.worstMs).toBeLessThanOrEqual(anchorMs);
    expect(call.report).toMatchObject({ late: 0, duplicates: 0, jumps: 1 });
  },
);

test('sound that goes on after a jump of the timestamps and a pause too short to tell from jitter is never further off than the promise', () => {
  for (const pauseMs of [10, 20, 30, 40]) {
    const call = markedCall({}, (sender, second) => {
      times(5, second);
      sender.phone.timestamp += 1_000_000;
      sender.pause(pauseMs);
      times(5, second);
    });
    expect(call.found).toBe(10);
    expect(call.worstMs).toBeLessThanOrEqual(syncMs);
  }
});

describe('a stalled receiver', () => {
  test.each([200, 1000, 5500, 30_000])('whose burst comes %i ms late has the sound where it was sent', (stallMs) => {
    const call = markedCall(
      { network: (_, sentMs) => (sentMs > 5000 && sentMs < 5000 + stallMs ? 5000 + stallMs - sentMs : 0) },
      (_, second) => times(stallMs / 1000 + 10, second),
      { readEvery: 1 },
    );
    expect(call.errorsMs).toEqual(call.errorsMs.map(() => 0));
    expect(call.report).toMatchObject({ jumps: 0, droppedMs: 0 });
  });

  test('at the very begin does not put the first sound late', () => {
    const call = markedCall({ network: (_, sentMs) => Math.max(0, 5500 - sentMs) }, (_, second) => times(15, second), {
      readEvery: 1,
    });
    expect(call.errorsMs).toEqual(new Array(15).fill(0));
  });
});

test('first packets that come late one by one do not put the sound late', () => {
  const call = markedCall({ network: (index) => Math.max(0, 150 - 10 * index) }, (_, second) => times(10, second));
  expect(call.found).toBe(10);
  expect(call.worstMs).toBeLessThanOrEqual(anchorMs);
});

test('packets that come in bursts of five sound evenly', () => {
  const call = markedCall({ network: (_, sentMs) => Math.ceil(sentMs / 100) * 100 - sentMs }, (_, second) =>
    times(10, second),
  );
  expect(call.errorsMs).toEqual(new Array(10).fill(0));
});

test('a packet that comes after its place is final is counted as late, and the rest is untouched', () => {
  const call = markedCall({ network: (index) => (index === 25 ? 9000 : 0) }, (_, second) => times(20, second), {
    readEvery: 1,
  });
  expect(call.found).toBe(20);
  expect(call.worstMs).toBe(0);
  expect(call.report).toMatchObject({ late: 1, lost: 1, concealedMs: 20 });
});

test('a way through the network that becomes 60 ms longer and shorter again is followed without a gap', () => {
  const call = markedCall({ network: (_, sentMs) => (sentMs > 60_000 && sentMs < 120_000 ? 60 : 0) }, (_, second) =>
    times(180, second),
  );
  expect(call.found).toBe(180);
  expect(call.worstMs).toBeLessThanOrEqual(60 + trackMs);
  expect(Math.abs(call.errorsMs[115] ?? 0)).toBeGreaterThan(40);
  expect(Math.abs(call.errorsMs[175] ?? 99)).toBeLessThanOrEqual(trackMs);
});

test('an error is corrected at once where it is quiet', () => {
  // The sender's clock is far off for as long as it takes to be 8 ms late, then there is a second of quiet.
  const sender = createSender({ network: (_, sentMs) => (sentMs > 10_000 ? 8 : 0) });
  const hum = (seconds: number): Int16Array => tone(100, 8000, seconds, 0.001);
  const beep = tone(1000, 8000, 1, 0.5);
  sender.say(beep);
  sender.say(hum(29));
  sender.say(beep);
  const { samples, track } = render(sender.arrivals(), 31_028);
  const begin = samples.findIndex((sample, at) => at > 8 * 5000 && Math.abs(sample) > 3000) / 8;
  expect(begin).toBeGreaterThan(30_020 + 8 - 3);
  expect(begin).toBeLessThan(30_020 + 8 + 3);
  expect(samples.subarray(8 * 30_050, 8 * 31_000).every((sample) => sample === 0)).toBe(false);
  expect(track.report.droppedMs).toBe(0);
});
