import { describe, expect, it } from 'vitest';
import { createPauseGate, type PauseGate } from '../../../src/recorder/capture/pause-gate.ts';

/** An 8 kHz sender of 20 ms packets; one is sent at 20, 40, 60... ms of its clock and holds the sound before. */
const packet = (sentMs: number, more: { ssrc?: number; offset?: number } = {}) => ({
  marker: false,
  payloadType: 0,
  ssrc: more.ssrc ?? 1,
  sequence: (sentMs / 20) & 0xffff,
  timestamp: ((sentMs - 20) * 8 + (more.offset ?? 0)) >>> 0,
  payload: new Uint8Array(160),
});

/** Paused at 1000 with packets all the while, each `delayMs` late; resumed at 2000. */
const resumed = (delayMs: (sentMs: number) => number = () => 0): PauseGate => {
  const gate = createPauseGate();
  gate.pause();
  for (let sentMs = 1000; sentMs + delayMs(sentMs) < 2000; sentMs += 20) {
    expect(gate.lets(packet(sentMs), 8000, sentMs + delayMs(sentMs))).toBe(false);
  }
  gate.resume(2000);
  return gate;
};

describe('a pause gate', () => {
  it('need not be asked before the first pause', () => {
    const gate = createPauseGate();
    expect(gate.watching).toBe(false);
    expect(gate.lets(packet(20), 8000, 20)).toBe(true);
  });

  it('keeps the packet that holds the end of the pause out, and lets the next in', () => {
    const gate = resumed();
    expect(gate.lets(packet(2010), 8000, 2010)).toBe(false);
    expect(gate.lets(packet(2020), 8000, 2020)).toBe(true);
  });

  it('keeps out what was sent in the pause and comes after it, one by one or in a burst', () => {
    const gate = resumed();
    expect(gate.lets(packet(1980), 8000, 2500)).toBe(false);
    for (let sentMs = 2000; sentMs < 2020; sentMs += 20) expect(gate.lets(packet(sentMs), 8000, 2500)).toBe(false);
    expect(gate.lets(packet(2020), 8000, 2500)).toBe(true);
    expect(gate.lets(packet(1960), 8000, 2510)).toBe(false);
  });

  it('keeps out the burst of a stall that began in the pause, however long it was', () => {
    const gate = resumed();
    expect(gate.lets(packet(1980), 8000, 22_000)).toBe(false);
    expect(gate.lets(packet(2040), 8000, 22_000)).toBe(true);
  });

  it('does not take the delay of all packets for lateness', () => {
    const gate = resumed(() => 150);
    expect(gate.lets(packet(1850), 8000, 2000)).toBe(false);
    expect(gate.lets(packet(1880), 8000, 2030)).toBe(true);
  });

  it('lets a source in that nobody knows, from its first packet that begins after the pause', () => {
    const gate = resumed();
    expect(gate.lets(packet(40, { ssrc: 2 }), 8000, 2010)).toBe(false);
    expect(gate.lets(packet(60, { ssrc: 2 }), 8000, 2030)).toBe(true);
  });

  it.each([-8000 * 3600, -8000 * 10, 8000 * 10, 2 ** 31])(
    'loses a second at most where the timestamps jump by %d ticks at the end of the pause',
    (offset) => {
      const gate = resumed();
      let kept = 0;
      for (let sentMs = 2020; sentMs <= 6000; sentMs += 20) {
        if (gate.lets(packet(sentMs, { offset }), 8000, sentMs)) kept++;
      }
      expect(kept).toBeGreaterThanOrEqual(148);
    },
  );

  it('need not be asked any more a second after the first packet', () => {
    const gate = resumed();
    for (let sentMs = 5000; sentMs <= 6020; sentMs += 20) gate.lets(packet(sentMs), 8000, sentMs);
    expect(gate.watching).toBe(false);
  });

  it('closes again at once', () => {
    const gate = resumed();
    expect(gate.lets(packet(2020), 8000, 2020)).toBe(true);
    gate.pause();
    expect(gate.lets(packet(2040), 8000, 2040)).toBe(false);
  });
});
