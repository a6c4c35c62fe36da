import { expect, test } from 'vitest';
import { createCounters, trackCounter } from '../../../src/recorder/capture/counters.ts';
import { createLevelMeter, createLevelReader } from '../../../src/recorder/capture/level-meter.ts';
import { encodePcmu } from '../../../src/rtp/g711.ts';

const packetOf = (amplitude: number) => {
  const samples = Int16Array.from({ length: 160 }, (_, i) => amplitude * 32767 * Math.sin((2 * Math.PI * i) / 16));
  const payload = new Uint8Array(160);
  encodePcmu(samples, payload);
  return { payloadType: 0, payload, ssrc: 1, sequence: 1, timestamp: 0, marker: false } as never;
};

test('levels are measured while somebody asks, and for three seconds after', () => {
  const counters = createCounters(2);
  const meters = [0, 1].map((index) => createLevelMeter(counters, trackCounter(counters, index)));
  for (const meter of meters) meter.update({ 0: { codec: 'PCMU', clockRate: 8000, channels: 1 } });
  let t = 1_000;
  const read = createLevelReader(counters, ['speak', 'listen'], () => t);
  meters[0]?.packet(packetOf(1), t);
  expect(read()).toEqual({ speak: -100, listen: -100 });

  t += 250;
  meters[0]?.packet(packetOf(0.1), t);
  // A sine's RMS is 3 dB below its peak.
  expect(read()).toEqual({ speak: -23, listen: -100 });
  t += 10;
  meters[0]?.packet(packetOf(1), t);
  expect(read(), 'who asks too soon gets the same').toEqual({ speak: -23, listen: -100 });

  t += 3_500;
  meters[0]?.packet(packetOf(0.01), t);
  expect(read(), 'what came when nobody had asked is not measured').toEqual({ speak: -3, listen: -100 });
});
