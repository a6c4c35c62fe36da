import { parseAudio } from '../../sdp/audio.ts';
import { answerTo, withDirection, withPayloadsOf } from '../../sdp/edit.ts';
import { numberedApart } from './codecs.ts';
import type { Exchanges, OfferOptions, Side } from './exchanges.ts';
import { forLeg, keyFor, type LegSdp, protocolOf, taggedAs } from './leg-sdp.ts';

/** A leg as rtpengine knows it from now on, and what the leg is answered. */
export interface Answered {
  readonly leg: LegSdp;
  readonly sdp: string;
}

/**
 * One leg's new offer, answered from the other leg's last SDP without a word to it.
 * @param side whose offer it is
 * @param toOther what the other leg would be offered
 * @throws SipreelError rtpengine_away, rtpengine_refused
 */
export const answerUnasked = async (
  exchanges: Exchanges,
  side: Side,
  leg: LegSdp,
  other: LegSdp,
  toOther: OfferOptions,
): Promise<Answered> => {
  const silent = withDirection(other.sdp, answerTo[parseAudio(leg.sdp).direction]);
  if (leg.crypto && other.crypto) return inReverse(exchanges, side, leg, { ...other, sdp: silent }, toOther);
  const { transcode = [] } = toOther;
  const afresh = numberedApart(parseAudio(leg.sdp), parseAudio(silent));
  await exchanges.offer(
    side,
    leg.sdp,
    afresh ? { ...toOther, transcode: [...leg.codecs, ...transcode, 'telephone-event'], afresh } : toOther,
  );
  const made = await exchanges.answer(side, silent);
  return { leg: leg.crypto ? taggedAs(leg, keyFor(leg, made).tag) : leg, sdp: forLeg(leg, made) };
};

/**
 * The same where both speak SRTP: rtpengine gives whoever is offered something the offerer's own key, so that it need not
 * encrypt anew, and the key of the one who is not told would be another. So the one who is told plays the part of who answers.
 */
const inReverse = async (
  exchanges: Exchanges,
  side: Side,
  leg: LegSdp,
  other: LegSdp,
  { suites }: OfferOptions,
): Promise<Answered> => {
  const otherSide = side === 'party' ? 'peer' : 'party';
  // Only the static payload types are the same whoever offers them.
  const afresh = leg.codecs.includes('opus');
  const made = await exchanges.offer(otherSide, other.sdp, {
    protocol: protocolOf(leg),
    transcode: afresh
      ? [...leg.codecs, 'telephone-event']
      : leg.codecs.filter((codec) => !other.codecs.includes(codec)),
    afresh,
    ...(suites ? { suites } : {}),
  });
  const tagged = taggedAs(leg, keyFor(leg, made).tag);
  await exchanges.answer(otherSide, tagged.sdp);
  return { leg: tagged, sdp: forLeg(leg, withPayloadsOf(made, leg.sdp)) };
};
