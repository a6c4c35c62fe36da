import { type OpusDecoder, openOpusDecoder } from '../../rtp/opus.ts';
import type { PayloadMap } from '../spool/journal.ts';
import { type CodecTable, withOpus } from './codecs.ts';

/** What one track decodes with. A track is pure and waits for nobody, so what has to be opened is opened before. */
export interface TrackCodecs {
  readonly table: CodecTable;
  /** To be awaited before packets of these payload types are pushed; what is open already is not opened again. */
  prepare(payloads: readonly PayloadMap[]): Promise<void>;
}

/**
 * SSRCs that each have an Opus decoder of their own. A track has one or two at a time; one more than that in the course of a
 * recording takes over the decoder of the one that came longest ago, and what that remembers fades within a packet.
 */
const opusDecoders = 4;

/** The codecs of one track. Decoders are given back with the memory of whoever holds this. */
export const createTrackCodecs = (): TrackCodecs => {
  let opening: Promise<OpusDecoder[]> | undefined;
  let opened: readonly OpusDecoder[] = [];
  let taken = 0;
  return {
    table: withOpus(() => {
      const decoder = opened[taken++ % opusDecoders];
      if (decoder === undefined) throw new TypeError('Opus has to be prepared before its packets are pushed');
      return decoder;
    }),
    async prepare(payloads) {
      const isOpus = payloads.some((map) => Object.values(map).some(({ codec }) => codec.toUpperCase() === 'OPUS'));
      if (!isOpus) return;
      opening ??= Promise.all(Array.from({ length: opusDecoders }, () => openOpusDecoder(48_000)));
      opened = await opening;
    },
  };
};
