import { createMonotonicClock } from '../../recorder/capture/clock.ts';
import { createLiveAnalysis } from '../../recorder/capture/live-analysis.ts';
import { createKeyPresses, type DigitWay } from '../../recorder/recording/key-press.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import type { PromptEndpoint } from './prompt/endpoint.ts';

/** The digits that the party of one call presses, for whoever waits for them. */
export interface PartyDigits {
  /**
   * Tells each digit once, however it comes, when its key is up; until what it gives back is called. One that was up before
   * is not told: nobody has waited for it.
   */
  listen(onDigit: (digit: string) => void): () => void;
  /** Tells of a digit that came by SIP INFO just now. */
  info(digit: string): void;
}

/** How often a key is looked for whose last packets were lost, ms. */
const tickMs = 50;

/**
 * Hears the party's RTP where it arrives while no other leg is bridged, at the prompt endpoint, and only while somebody
 * listens. Recordings hear digits by their own forks, so neither takes them from the other.
 */
export const createPartyDigits = (options: {
  readonly endpoint: Pick<PromptEndpoint, 'listen' | 'payloads'>;
  /** Keys that come as tones in the sound count too. Default false. */
  readonly inband?: boolean;
}): PartyDigits => {
  const { endpoint, inband = false } = options;
  const now = createMonotonicClock();
  const listeners = new Set<(digit: string) => void>();
  // Kept for the whole call: the last packets of a key that has ended one prompt come when the next one listens.
  const keys = createKeyPresses();
  const report = (via: DigitWay) => (digit: string, _from: number, at: number) => tell(digit, via, at);
  const analysis = createLiveAnalysis({
    digits: { report: report('rfc4733') },
    ...(inband ? { tones: { report: report('inband') } } : {}),
  });
  let known: PayloadMap | undefined;

  const tell = (digit: string, via: DigitWay, at: number): void => {
    if (!keys.isNew({ digit, at }, via)) return;
    for (const listener of [...listeners]) listener(digit);
  };

  const hear = (): (() => void) => {
    const timer = setInterval(() => analysis.tick(now()), tickMs);
    const deafen = endpoint.listen((packet) => {
      const payloads = endpoint.payloads();
      if (payloads !== known) analysis.update(payloads);
      known = payloads;
      analysis.packet(packet, now());
    });
    return () => {
      clearInterval(timer);
      deafen();
    };
  };
  let deafen: (() => void) | undefined;

  return {
    listen(onDigit) {
      listeners.add(onDigit);
      deafen ??= hear();
      return () => {
        if (!listeners.delete(onDigit) || listeners.size > 0) return;
        deafen?.();
        deafen = undefined;
      };
    },
    info: (digit) => tell(digit, 'info', now()),
  };
};
