import { encodePcma, encodePcmu } from '../../src/rtp/g711.ts';
import { buildRtp, type RtpHeader } from '../../src/rtp/packet.ts';
import { buildTelephoneEvent, eventOfDigit } from '../../src/rtp/telephone-event.ts';
import { tone } from '../sound/tone.ts';

/** What a phone can speak. */
export type Codec = 'PCMU' | 'PCMA';

export const payloadTypeOf: Readonly<Record<Codec, number>> = { PCMU: 0, PCMA: 8 };
/** The payload type of RFC 4733 events. */
export const telephoneEventType = 101;

const rate = 8000;
const packetSamples = 160;

/** G.711 of a tone, a whole second of it, which repeats without a seam for whole hertz; also what SIPp's rtp_stream plays. */
export const g711Tone = (codec: Codec, hz: number, seconds: number, amplitude: number): Uint8Array => {
  const samples = tone(hz, rate, seconds, amplitude);
  const bytes = new Uint8Array(samples.length);
  (codec === 'PCMU' ? encodePcmu : encodePcma)(samples, bytes);
  return bytes;
};

/** The packets of one talker: next() for each 20 ms. */
export interface Speech {
  /** The datagram of the next 20 ms, undefined if it is silent; the first after silence has the marker (RFC 3551 §4.1). */
  next(silent: boolean): Uint8Array | undefined;
  /** From the next packet on. 0 Hz is silence that is sent. */
  say(hz: number): void;
  /** Queues a key press; resolves when its last packet was made. */
  press(digit: string, durationMs: number): Promise<void>;
  /** Sends this sound in place of the tone, 8 kHz; resolves when its last packet was made. */
  play(sound: Float64Array): Promise<void>;
}

interface KeyPress {
  readonly event: number;
  readonly ticks: number;
  done: number;
  ends: number;
  timestamp: number;
  readonly finished: () => void;
}

/** RFC 4733 section 2.5.1.4 has the end of an event sent three times. */
const endPackets = 3;

export const createSpeech = (options: { codec: Codec; hz: number; amplitude: number; ssrc: number }): Speech => {
  const { codec, amplitude, ssrc } = options;
  let second = g711Tone(codec, options.hz, 1, amplitude);
  let sequence = Math.floor(Math.random() * 65_536);
  let timestamp = Math.floor(Math.random() * 2 ** 32);
  let sent = 0;
  let talking = false;
  const presses: KeyPress[] = [];
  const sounds: { readonly bytes: Uint8Array; at: number; readonly finished: () => void }[] = [];

  const nextSound = (): Uint8Array => {
    const playing = sounds[0];
    if (playing === undefined) {
      const start = (sent * packetSamples) % rate;
      return second.subarray(start, start + packetSamples);
    }
    const bytes = playing.bytes.subarray(playing.at, playing.at + packetSamples);
    playing.at += packetSamples;
    if (playing.at >= playing.bytes.length) {
      sounds.shift();
      playing.finished();
    }
    return bytes;
  };

  const packet = (header: Pick<RtpHeader, 'payloadType' | 'timestamp' | 'marker'>, payload: Uint8Array): Uint8Array => {
    sequence = (sequence + 1) & 0xffff;
    return buildRtp({ ...header, sequence, ssrc }, payload);
  };

  const nextOfPress = (press: KeyPress): Uint8Array => {
    const first = press.done === 0;
    if (first) press.timestamp = timestamp;
    if (press.done < press.ticks) press.done += packetSamples;
    const end = press.done >= press.ticks;
    if (end && ++press.ends === endPackets) {
      presses.shift();
      press.finished();
    }
    const payload = buildTelephoneEvent({ event: press.event, end, volume: 10, duration: press.done });
    return packet({ payloadType: telephoneEventType, timestamp: press.timestamp, marker: first }, payload);
  };

  const nextOfTone = (): Uint8Array => {
    const header = { payloadType: payloadTypeOf[codec], timestamp: timestamp >>> 0, marker: !talking };
    talking = true;
    return packet(header, nextSound());
  };

  return {
    next(silent) {
      const press = presses[0];
      const datagram = press !== undefined ? nextOfPress(press) : silent ? undefined : nextOfTone();
      if (datagram === undefined) talking = false;
      sent += 1;
      timestamp = (timestamp + packetSamples) >>> 0;
      return datagram;
    },
    say(hz) {
      second = g711Tone(codec, hz, 1, amplitude);
    },
    play(sound) {
      const samples = new Int16Array(Math.ceil(sound.length / packetSamples) * packetSamples);
      samples.set(Int16Array.from(sound, Math.round));
      const bytes = new Uint8Array(samples.length);
      (codec === 'PCMU' ? encodePcmu : encodePcma)(samples, bytes);
      return new Promise((finished) => {
        sounds.push({ bytes, at: 0, finished });
      });
    },
    press(digit, durationMs) {
      const event = eventOfDigit(digit);
      if (event === undefined) throw new Error(`"${digit}" is no DTMF digit`);
      return new Promise((finished) => {
        presses.push({ event, ticks: (durationMs * rate) / 1000, done: 0, ends: 0, timestamp: 0, finished });
      });
    },
  };
};
