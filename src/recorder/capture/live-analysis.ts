import { pcmaSamples, pcmuSamples } from '../../rtp/g711.ts';
import type { OpusDecoder } from '../../rtp/opus.ts';
import type { RtpPacket } from '../../rtp/packet.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import { createLiveSound } from './live-sound.ts';
import { clockRates, payloadKind, payloadKinds } from './payload-kinds.ts';
import { createDigitDetector, type ReportDigit } from './rfc4733-digits.ts';
import { createToneDetector } from './tone-digits.ts';
import { createVoiceDetector, pcmaMagnitudes, pcmuMagnitudes } from './voice-detector.ts';

export interface LiveAnalysisOptions {
  /** Given if this track is listened to for voices. */
  readonly voice?: { readonly sensitivity: number; readonly report: (speaking: boolean, t: number) => void };
  /** Given if this track is listened to for digits. */
  readonly digits?: { readonly report: ReportDigit };
  /** Given if this track is listened to for digits that are tones in its sound. */
  readonly tones?: { readonly report: ReportDigit };
  /** Decodes Opus at 8 kHz, for whoever can't wait for it; finish() closes it. Default: it is opened when Opus comes. */
  readonly opus?: OpusDecoder;
}

/** What is found in a track while it is captured. Times are ms on the recording's clock. */
export interface LiveAnalysis {
  /** What the payload types mean from now on. */
  update(payloads: PayloadMap): void;
  /** `voices` is false for one that only keys are looked for in: what is said in a pause is nobody's business. */
  packet(packet: RtpPacket, t: number, voices?: boolean): void;
  tick(now: number): void;
  /** Reports what is still open at the end of the recording. */
  finish(now: number): void;
}

/** Packets that one may be late by: two seconds. */
const mostBehind = 100;

export const createLiveAnalysis = (options: LiveAnalysisOptions): LiveAnalysis => {
  const voice = options.voice && createVoiceDetector(options.voice);
  const digits = options.digits && createDigitDetector(options.digits.report);
  const tones = options.tones && createToneDetector(options.tones.report);
  let lastSequence: number | undefined;
  let kinds = payloadKinds({});
  let rates = clockRates({});
  const decoded = createLiveSound(
    (samples, t) => {
      voice?.pcm(samples, t);
      tones?.pcm(samples, t);
    },
    (t) => voice?.unmeasured(t),
    options.opus,
  );

  const tick = (now: number): void => {
    voice?.tick(now);
    digits?.tick(now);
    tones?.tick(now);
  };

  /** A packet that comes twice, or after those that it was sent before, would make one tone two. */
  const inOrder = (sequence: number): boolean => {
    const ahead = lastSequence === undefined ? 1 : (sequence - lastSequence) & 0xffff;
    // One that is far behind is the first of another source.
    if (ahead === 0 || ahead > 0xffff - mostBehind) return false;
    lastSequence = sequence;
    return true;
  };

  return {
    update(payloads) {
      kinds = payloadKinds(payloads);
      rates = clockRates(payloads);
    },
    packet({ payloadType, payload, ssrc, timestamp, sequence }, t, voices = true) {
      const kind = kinds[payloadType];
      if (kind === payloadKind.telephoneEvent) {
        if (voices) voice?.quiet(t);
        digits?.event(ssrc, timestamp, payload, rates[payloadType] ?? 8000, t);
        return;
      }
      digits?.otherPacket();
      if (!voice && !tones) return;
      if (kind === payloadKind.g722 || kind === payloadKind.opus) {
        // What keeps state from packet to packet takes each once.
        if (!inOrder(sequence)) return;
        if (kind === payloadKind.g722) decoded.g722(payload, t);
        else decoded.opus(payload, t);
        return;
      }
      if (tones && inOrder(sequence)) {
        if (kind === payloadKind.pcmu) tones.g711(pcmuSamples, payload, t);
        else if (kind === payloadKind.pcma) tones.g711(pcmaSamples, payload, t);
      }
      if (!voice || !voices) return;
      if (kind === payloadKind.pcmu) voice.g711(pcmuMagnitudes, payload, t);
      else if (kind === payloadKind.pcma) voice.g711(pcmaMagnitudes, payload, t);
      else if (kind === payloadKind.otherAudio) voice.unmeasured(t);
      else voice.quiet(t);
    },
    tick,
    finish(now) {
      tick(now);
      digits?.finish();
      tones?.finish();
      decoded.close();
    },
  };
};
