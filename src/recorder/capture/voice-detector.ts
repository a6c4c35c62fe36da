import { pcmaSamples, pcmuSamples } from '../../rtp/g711.ts';

/** How loud each byte of a G.711 payload is: abs(sample), 0..32768. */
export type Magnitudes = Uint16Array;

export const pcmuMagnitudes: Magnitudes = Uint16Array.from(pcmuSamples, Math.abs);
export const pcmaMagnitudes: Magnitudes = Uint16Array.from(pcmaSamples, Math.abs);

export interface VoiceDetectorOptions {
  /** 0..100: a frame is speech if mean abs(sample) >= 32768 * 10^(-sensitivity/20). Default 44. */
  readonly sensitivity?: number;
  /** Speech this long makes the track speaking; shorter is a click. Default 60 ms. */
  readonly startMs?: number;
  /** No speech for this long makes it silent; shorter is a pause between words. Default 200 ms. */
  readonly endMs?: number;
  /**
   * Called when speaking changes. `t` is when the speech began or ended, in ms on the recording's clock: that is
   * startMs or endMs before the call.
   */
  readonly report: (speaking: boolean, t: number) => void;
}

/**
 * Says when somebody begins and ceases to speak, from the packets of one track in the order of arrival. A packet that
 * arrives at t holds the sound up to t. It has no clock of its own: `t` and `now` are ms on the recording's clock.
 */
export interface VoiceDetector {
  /** A G.711 payload. */
  g711(magnitudes: Magnitudes, payload: Uint8Array, t: number): void;
  /** Decoded sound at 8 kHz. */
  pcm(samples: Int16Array, t: number): void;
  /** Audio in a codec that isn't measured: counts as speech, for a recording that lasts too long loses nothing. */
  unmeasured(t: number): void;
  /** A packet without sound: comfort noise or a digit. */
  quiet(t: number): void;
  /** No packet has to come: a sender may be silent by sending nothing (DTX). */
  tick(now: number): void;
}

const samplesOfMs = 8;
/** 20 ms. */
const frameSamples = 160;
/** What a packet lasts if its payload doesn't say so. */
const usualPacketMs = 20;

export const createVoiceDetector = (options: VoiceDetectorOptions): VoiceDetector => {
  const { sensitivity = 44, startMs = 60, endMs = 200, report } = options;
  const threshold = 32768 * 10 ** (-sensitivity / 20);
  let speaking = false;
  /** Speech since the last silence: where it began and how much of it there is. */
  let runStart = 0;
  let runMs = 0;
  let lastSpeech = 0;
  let lastEnd = 0;
  /** Silence since the last speech, as packets carry it. */
  let silenceMs = 0;
  let lastPacket = 0;

  const end = (): void => {
    runMs = 0;
    if (!speaking) return;
    speaking = false;
    lastEnd = lastSpeech;
    report(false, lastSpeech);
  };

  const speech = (start: number, ms: number): void => {
    if (runMs === 0) runStart = start;
    runMs += ms;
    silenceMs = 0;
    lastSpeech = start + ms;
    if (speaking || runMs < startMs) return;
    speaking = true;
    // Packets that were held up arrive at once: then their length says more than their times of arrival.
    report(true, Math.max(Math.min(runStart, lastSpeech - runMs), lastEnd, 0));
  };

  const silence = (ms: number): void => {
    silenceMs += ms;
    if (!speaking || silenceMs >= endMs) end();
  };

  const tick = (now: number): void => {
    if (now - lastPacket >= endMs) end();
  };

  /** A packet in frames; `loudness` is the sum of abs(sample) of one. */
  const measure = (length: number, t: number, loudness: (from: number, to: number) => number): void => {
    tick(t - length / samplesOfMs);
    lastPacket = t;
    for (let from = 0; from < length; from += frameSamples) {
      const to = Math.min(from + frameSamples, length);
      const ms = (to - from) / samplesOfMs;
      if (loudness(from, to) >= threshold * (to - from)) speech(t - (length - from) / samplesOfMs, ms);
      else silence(ms);
    }
  };

  return {
    g711(magnitudes, payload, t) {
      measure(payload.length, t, (from, to) => {
        let sum = 0;
        for (let i = from; i < to; i++) sum += magnitudes[payload[i] as number] as number;
        return sum;
      });
    },
    pcm(samples, t) {
      measure(samples.length, t, (from, to) => {
        let sum = 0;
        for (let i = from; i < to; i++) sum += Math.abs(samples[i] as number);
        return sum;
      });
    },
    unmeasured(t) {
      tick(t - usualPacketMs);
      lastPacket = t;
      speech(t - usualPacketMs, usualPacketMs);
    },
    quiet(t) {
      tick(t - usualPacketMs);
      lastPacket = t;
      silence(usualPacketMs);
    },
    tick,
  };
};
