import type { RecordingRecord } from '../../../src/recorder/recording/record.ts';
import { buildSenderReport } from '../../../src/rtp/sender-report.ts';
import { buildTelephoneEvent } from '../../../src/rtp/telephone-event.ts';
import { captureSimulated, type SimulatedRecording } from '../../sound/simulated-recording.ts';
import { tone } from '../../sound/tone.ts';
import { createSender, randomNumbers } from '../../unit/track/sender.ts';

/** Known facts of the call below; times are seconds from the start. */
export const troubledCall = {
  lengthS: 30,
  /** Packets of the party that never come, in a row at 8 s. */
  lostInARow: 10,
  key: { digit: '5', atS: 12 },
  gap: { fromS: 15, toS: 17 },
  newSsrcAtS: 17,
  codecChangeAtS: 20,
  pause: { fromS: 23, toS: 25 },
  ssrcs: [0x11111111, 0x22222222],
} as const;

/**
 * Captures a call of half a minute in which everything happens once: the party loses packets, presses a key, is silent, comes
 * back as another source and in another codec; what it hears is a steady tone. Resolves with the spool's directory.
 */
export const captureTroubledCall = (
  root: string,
  more: Partial<SimulatedRecording> & { readonly record?: Partial<RecordingRecord> } = {},
): Promise<string> => {
  const { lostInARow, key, gap, pause, ssrcs, lengthS } = troubledCall;
  const random = randomNumbers(5);
  const lostFrom = 8 * 50;
  const speak = createSender({
    ssrc: ssrcs[0],
    ppm: 200,
    network: (index) => (index >= lostFrom && index < lostFrom + lostInARow ? undefined : random() * 10),
  });
  const say = (seconds: number, amplitude: number): void => speak.say(tone(440, 8000, seconds, amplitude));
  say(key.atS, 0.3);
  const begun = speak.phone.timestamp;
  for (let duration = 160; duration <= 800; duration += 160) {
    speak.pause(20);
    speak.sendOther(101, buildTelephoneEvent({ event: 5, end: duration === 800, volume: 10, duration }), begun);
  }
  say(gap.fromS - key.atS - 0.1, 0.03);
  speak.pause((gap.toS - gap.fromS) * 1000);
  Object.assign(speak.phone, { ssrc: ssrcs[1], sequence: 7, timestamp: 99_000 });
  say(troubledCall.codecChangeAtS - troubledCall.newSsrcAtS, 0.5);
  Object.assign(speak.phone, { payloadType: 8, ptimeMs: 60 });
  say(lengthS - troubledCall.codecChangeAtS, 0.5);

  const listen = createSender({ ssrc: 0x33333333, timestamp: 1000 });
  listen.say(tone(1000, 8000, lengthS, 0.1));
  const reports = [5, 10, 15, 20].map((second) => ({
    arrivalMs: second * 1000,
    datagram: buildSenderReport({
      ssrc: 0x33333333,
      ntpMs: 3.9e12 + second * 1000,
      timestamp: 1000 + second * 8000,
      packets: 0,
      bytes: 0,
    }),
  }));
  return captureSimulated({
    root,
    stopMs: lengthS * 1000,
    pauses: [{ from: pause.fromS * 1000, to: pause.toS * 1000, behavior: 'skip' }],
    tracks: { speak: speak.arrivals(), listen: [...listen.arrivals(), ...reports] },
    ...more,
  });
};
