import { SipreelError } from '../../errors/error.ts';
import type { MediaSession } from '../media/session.ts';
import type { LegMedia } from '../sip/far-end-offers.ts';
import type { RungLeg } from './ring.ts';

/**
 * The media of a leg that was called, for its re-INVITEs: the party's call while it is the peer, else those by which it is
 * asked whether it would be.
 */
export const createPeerMedia = (
  media: Pick<MediaSession, 'answerPeer' | 'offerPeer' | 'bridge'>,
  asPeer: () => RungLeg | undefined,
  own: LegMedia | undefined,
): LegMedia => {
  const current = (): LegMedia => {
    const peer = asPeer();
    if (peer) {
      return {
        answer: media.answerPeer,
        offer: () => media.offerPeer(peer.offered),
        accept: (answer) => media.bridge(answer, peer.offered),
      };
    }
    if (own) return own;
    throw new SipreelError('call_ended', 'the leg is not bridged');
  };
  return {
    answer: async (offer) => current().answer(offer),
    offer: async () => current().offer(),
    accept: async (answer) => current().accept(answer),
  };
};
