import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ForkSource } from '../../recorder/fork/fork.ts';
import { encodePcmu } from '../../rtp/g711.ts';
import { isUnknownCall } from '../../rtpengine/rtpengine.ts';
import { beepTone } from './prompt/beep.ts';

const sampleRate = 8000;
/** Some more than half a second: a number whose bytes, and those of what is derived from it, are ASCII. */
const length = 0x1010;
/** The sound rises and falls in so many samples: it has an offset, which must not click. */
const ramp = 160;

/**
 * The beep as a WAV file of mu-law whose bytes are all ASCII, because rtpengine-client takes a file as text alone. Bytes below
 * 128 are mu-law's negative samples, so the tone hangs below zero: its offset is nothing that a telephone lets through.
 */
const beepFile = (): string => {
  const bytes = (value: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => (value >> (8 * i)) & 0xff);
  const text = (word: string): number[] => [...Buffer.from(word)];
  const amplitude = 32767 * 10 ** (beepTone.levelDb / 20);
  const samples = Int16Array.from({ length }, (_, i) => {
    const edge = Math.min(1, Math.min(i, length - 1 - i) / ramp);
    // Zero would be a positive one.
    return Math.min(-1, -amplitude * edge * (1 - Math.cos((2 * Math.PI * beepTone.hz * i) / sampleRate)));
  });
  const sound = new Uint8Array(length);
  encodePcmu(samples, sound);
  return Buffer.from([
    ...[...text('RIFF'), ...bytes(36 + length, 4), ...text('WAVEfmt '), ...bytes(16, 4)],
    ...[
      ...bytes(7, 2),
      ...bytes(1, 2),
      ...bytes(sampleRate, 4),
      ...bytes(sampleRate, 4),
      ...bytes(1, 2),
      ...bytes(8, 2),
    ],
    ...[...text('data'), ...bytes(length, 4), ...sound],
  ]).toString('latin1');
};

let file: string | undefined;

/** How long rtpengine takes to begin, and its last packet to be out, ms. */
const marginMs = 40;
/** How often a peer is given its voice back where rtpengine does not answer. */
const mostTries = 3;

/**
 * Lets the party hear the beep over what else it hears, from rtpengine itself: in the place of a leg that is bridged, or of a
 * prompt, which are not heard meanwhile. The beep is in no fork. Resolves when it is over. Throws rtpengine_away,
 * rtpengine_refused, or the signal's reason.
 */
export const beepOver = async (
  { rtpengine, callId, partyTag, peerTag }: ForkSource,
  signal: AbortSignal,
  log: Logger,
): Promise<void> => {
  file ??= beepFile();
  // Two sources at once are no mix for a telephone: it plays neither.
  const others = { 'call-id': callId, 'from-tag': peerTag };
  try {
    await rtpengine.command('blockMedia', others);
    const { duration } = await rtpengine.command('playMedia', { 'call-id': callId, 'from-tag': partyTag, blob: file });
    const lastsMs = Number(duration ?? (1000 * length) / sampleRate) + marginMs;
    await sleep(lastsMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  } finally {
    await unblock(mostTries);
  }

  async function unblock(tries: number): Promise<void> {
    try {
      await rtpengine.command('unblockMedia', others);
    } catch (err) {
      // With the call its media have gone.
      if (isUnknownCall(err)) return;
      if (tries > 1) return unblock(tries - 1);
      log.error({ err }, 'the party does not hear the other side any more: rtpengine did not end the pause for a beep');
    }
  }
};
