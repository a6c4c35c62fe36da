import { createG722LowerDecoder } from '../../rtp/g722.ts';
import { type OpusDecoder, openOpusDecoder } from '../../rtp/opus.ts';

/** Decodes what is analysed live to 8 kHz, which holds all that voices and keys are told by, as cheaply as it goes. */
export interface LiveSound {
  g722(payload: Uint8Array, t: number): void;
  opus(payload: Uint8Array, t: number): void;
  /** Gives decoders back. Idempotent. */
  close(): void;
}

/** Opus packets that wait for libopus, which takes a thread 25 ms the first time: five seconds of them. */
const mostWaiting = 250;

/**
 * `heard` gets a packet's sound and its arrival t, in the order in which the packets came; `unheard` the t of one whose decoder
 * can't be opened. `opened` is one that is ready; else one is opened when the first packet comes.
 */
export const createLiveSound = (
  heard: (samples: Int16Array, t: number) => void,
  unheard: (t: number) => void,
  opened?: OpusDecoder,
  open: () => Promise<OpusDecoder> = () => openOpusDecoder(8000),
): LiveSound => {
  const g722 = createG722LowerDecoder();
  /** What is done with an Opus packet: at first it waits. */
  let hear: ((payload: Uint8Array, t: number) => void) | undefined;
  let waiting: { readonly payload: Uint8Array; readonly t: number }[] = [];
  let giveBack = (): void => undefined;
  let closed = false;

  const wait = (payload: Uint8Array, t: number): void => {
    if (waiting.length < mostWaiting) waiting.push({ payload, t });
  };

  const goOn = (next: (payload: Uint8Array, t: number) => void): void => {
    hear = next;
    for (const { payload, t } of waiting) next(payload, t);
    waiting = [];
  };

  const use = (decoder: OpusDecoder): void => {
    if (closed) {
      decoder.close();
      return;
    }
    giveBack = () => decoder.close();
    goOn((payload, t) => {
      const samples = decoder.decode(payload);
      if (samples.length > 0) heard(samples, t);
    });
  };
  if (opened) use(opened);

  const openOpus = (): void => {
    open().then(
      use,
      // A recording is not lost by what can't be measured in it.
      () => goOn((_payload, t) => unheard(t)),
    );
  };

  return {
    g722: (payload, t) => heard(g722.decode(payload), t),
    opus(payload, t) {
      if (hear === undefined) {
        hear = wait;
        openOpus();
      }
      hear(payload, t);
    },
    close() {
      closed = true;
      hear = wait;
      giveBack();
      giveBack = () => undefined;
    },
  };
};
