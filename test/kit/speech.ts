import { encodePcma, encodePcmu } from '../../src/rtp/g711.ts';
import { buildRtp, type RtpHeader } from '../../src/rtp/packet.ts';
import { buildTelephoneEvent, eventOfDigit } from '../../src/rtp/telephone-event.ts';
import { type Codec, g711Frames, packetTicks } from './tone-frames.ts';

/** The usual payload types of what a phone can speak. */
export const payloadTypeOf: Readonly<Record<Codec, number>> = { PCMU: 0, PCMA: 8, G722: 9, OPUS: 111, G729: 18 };
/** The payload type of RFC 4733 events. */
export const telephoneEventType = 101;

const packetMs = 20;
/** Of G.711. */
const packetSamples = 160;

/** Payload types, as the far end has said that it takes them. */
export interface SentTypes {
  readonly sound: number;
  readonly events: number;
}

/** The packets of one talker: next() for each 20 ms. */
export interface Speech {
  /** The datagram of the next 20 ms, undefined if it is silent; the first after silence has the marker (RFC 3551 §4.1). */
  next(silent: boolean): Uint8Array | undefined;
  /** From the next packet on. 0 Hz is silence that is sent. G.711 alone. */
  say(hz: number): void;
  /** Queues a key press; resolves when its last packet was made. */
  press(digit: string, durationMs: number): Promise<void>;
  /** Sends this sound in place of the tone, 8 kHz; resolves when its last packet was made. G.711 alone. */
  play(sound: Float64Array): Promise<void>;
  /** Another codec from the next packet on, with its second of tone. */
  use(codec: Codec, frames: readonly Uint8Array[]): void;
  /** Payload types from the next packet on. */
  sendAs(types: SentTypes): void;
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

export const createSpeech = (options: {
  codec: Codec;
  /** A second of its tone in packets of 20 ms. */
  frames: readonly Uint8Array[];
  amplitude: number;
  ssrc: number;
}): Speech => {
  const { amplitude, ssrc } = options;
  let { codec, frames } = options;
  let types: SentTypes = { sound: payloadTypeOf[codec], events: telephoneEventType };
  let sequence = Math.floor(Math.random() * 65_536);
  let timestamp = Math.floor(Math.random() * 2 ** 32);
  let sent = 0;
  let talking = false;
  const presses: KeyPress[] = [];
  const sounds: { readonly bytes: Uint8Array; at: number; readonly finished: () => void }[] = [];

  const nextSound = (): Uint8Array => {
    const playing = sounds[0];
    if (playing === undefined) return frames[sent % frames.length] ?? new Uint8Array(0);
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
    if (press.done < press.ticks) press.done += packetTicks(codec);
    const end = press.done >= press.ticks;
    if (end && ++press.ends === endPackets) {
      presses.shift();
      press.finished();
    }
    const payload = buildTelephoneEvent({ event: press.event, end, volume: 10, duration: press.done });
    return packet({ payloadType: types.events, timestamp: press.timestamp, marker: first }, payload);
  };

  const nextOfTone = (): Uint8Array => {
    const header = { payloadType: types.sound, timestamp: timestamp >>> 0, marker: !talking };
    talking = true;
    return packet(header, nextSound());
  };

  return {
    next(silent) {
      const press = presses[0];
      const datagram = press !== undefined ? nextOfPress(press) : silent ? undefined : nextOfTone();
      if (datagram === undefined) talking = false;
      sent += 1;
      timestamp = (timestamp + packetTicks(codec)) >>> 0;
      return datagram;
    },
    say(hz) {
      frames = g711Frames(lawOf(codec), hz, amplitude);
    },
    use(nextCodec, nextFrames) {
      codec = nextCodec;
      frames = nextFrames;
      types = { ...types, sound: payloadTypeOf[codec] };
    },
    sendAs(next) {
      types = next;
    },
    play(sound) {
      const samples = new Int16Array(Math.ceil(sound.length / packetSamples) * packetSamples);
      samples.set(Int16Array.from(sound, Math.round));
      const bytes = new Uint8Array(samples.length);
      (lawOf(codec) === 'PCMU' ? encodePcmu : encodePcma)(samples, bytes);
      return new Promise((finished) => {
        sounds.push({ bytes, at: 0, finished });
      });
    },
    press(digit, durationMs) {
      const event = eventOfDigit(digit);
      if (event === undefined) throw new Error(`"${digit}" is no DTMF digit`);
      return new Promise((finished) => {
        presses.push({
          event,
          ticks: (durationMs * packetTicks(codec)) / packetMs,
          done: 0,
          ends: 0,
          timestamp: 0,
          finished,
        });
      });
    },
  };
};

const lawOf = (codec: Codec): 'PCMU' | 'PCMA' => {
  if (codec === 'PCMU' || codec === 'PCMA') return codec;
  throw new Error(`a phone that speaks ${codec} says nothing but its tone`);
};
