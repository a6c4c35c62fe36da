import type { Logger } from 'pino';
import { asSipreelError } from '../../errors/error.ts';
import type { PeerMedia } from '../media/peer-offer.ts';
import type { MediaSession } from '../media/session.ts';
import type { Ringback } from './ringback.ts';

/** Lets the party hear what one who rings sends before it answers. */
export interface EarlyMedia {
  /** It sends something, such as its own ringing. */
  heard(sdp: string, offered: PeerMedia | undefined): void;
  /** It has come to nothing, and another way is tried. */
  next(): void;
}

/** @param stillRings false as soon as nobody rings any more: what comes then is too late */
export const createEarlyMedia = (
  media: Pick<MediaSession, 'bridge' | 'unbridge'>,
  ringback: Ringback,
  stillRings: () => boolean,
  log: Logger,
): EarlyMedia => {
  /** Settles when what came last is heard, or ours again; never rejects. */
  let last = Promise.resolve();
  let isHeard = false;

  const hear = async (sdp: string, offered: PeerMedia | undefined): Promise<void> => {
    try {
      await ringback.stop();
      if (!stillRings()) return;
      await media.bridge(sdp, offered);
      log.info('connect: early media');
    } catch (thrown) {
      if (!stillRings()) return;
      log.warn({ err: asSipreelError(thrown) }, 'connect: early media is of no use: our own ringing goes on');
      ringback.start();
    }
  };

  const ringAgain = async (): Promise<void> => {
    if (!stillRings()) return;
    await media
      .unbridge()
      .catch((err: unknown) => log.warn({ err }, 'connect: early media that is over could not be given up'));
    if (stillRings()) ringback.start();
  };

  return {
    heard(sdp, offered) {
      isHeard = true;
      last = last.then(() => hear(sdp, offered));
    },
    next() {
      if (isHeard) last = last.then(ringAgain);
      isHeard = false;
    },
  };
};
