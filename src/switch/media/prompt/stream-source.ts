import { frameSamples, type PcmSource, sampleRate } from './pcm-source.ts';

/** Makes the sound, 8 kHz; ends all that it has started when it is left early or the signal is aborted. */
export type ProduceSound = (signal: AbortSignal) => AsyncIterable<Int16Array>;

/** Seconds of sound that are fetched ahead; the producer waits when there are more, however long its file is. */
const readAheadSeconds = 2;

/** A source whose sound is produced while it plays. The producer starts at once. */
export const streamSource = (produce: ProduceSound): PcmSource => {
  const limit = readAheadSeconds * sampleRate;
  const ending = new AbortController();
  const frame = new Int16Array(frameSamples);
  const chunks: Int16Array[] = [];
  /** Samples of the first chunk that have been read. */
  let taken = 0;
  let buffered = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;

  const pump = async (): Promise<void> => {
    try {
      for await (const chunk of produce(ending.signal)) {
        if (chunk.length > 0) chunks.push(chunk);
        buffered += chunk.length;
        while (buffered >= limit && !ending.signal.aborted) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        if (ending.signal.aborted) break;
      }
    } catch (error) {
      // The next reads hear of it, after the sound that came before; once closed, nobody wants to know.
      failure = { error };
    } finally {
      ended = true;
    }
  };

  const take = (wanted: number): Int16Array => {
    const first = chunks[0];
    buffered -= wanted;
    if (buffered < limit) wake?.();
    if (first !== undefined && first.length - taken >= wanted && wanted === frameSamples) {
      const whole = first.subarray(taken, taken + wanted);
      skip(wanted);
      return whole;
    }
    for (let filled = 0; filled < wanted; ) {
      const chunk = chunks[0];
      if (chunk === undefined) break;
      const part = chunk.subarray(taken, taken + wanted - filled);
      frame.set(part, filled);
      filled += part.length;
      skip(part.length);
    }
    return frame.fill(0, wanted);
  };

  const skip = (samples: number): void => {
    taken += samples;
    if (taken < (chunks[0]?.length ?? 0)) return;
    chunks.shift();
    taken = 0;
  };

  const running = pump();

  return {
    read: () => {
      if (ending.signal.aborted) return undefined;
      if (buffered >= frameSamples) return take(frameSamples);
      if (!ended) return 'wait';
      if (buffered > 0) return take(buffered);
      if (failure !== undefined) throw failure.error;
      return undefined;
    },

    close: () => {
      ending.abort(new Error('the prompt was closed'));
      wake?.();
      chunks.length = 0;
      buffered = 0;
      return running;
    },
  };
};
