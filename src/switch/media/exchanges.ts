import { SipreelError } from '../../errors/error.ts';
import type { LegCodec } from '../../rtp/leg-codecs.ts';
import type { Rtpengine } from '../../rtpengine/rtpengine.ts';
import { commonSuite, usableSuites } from '../../sdp/security.ts';

/** rtpengine's tags are ours, not SIP's, and fixed for the whole life of the call: see ForkSource. */
export type Side = 'party' | 'peer';

const otherOf = { party: 'peer', peer: 'party' } as const;

/** What one side is offered of the other. */
export interface OfferOptions {
  /** The protocol that the other side speaks, or is to speak. */
  readonly protocol: string;
  /** Codecs to offer beside those that the offer has. */
  readonly transcode?: readonly (LegCodec | 'telephone-event')[];
  /** Offers these alone, with payload types of rtpengine's own, whatever those of the offer are. Default: false. */
  readonly afresh?: boolean;
  /** SRTP suites that are in use beside the usual one. */
  readonly suites?: readonly string[];
}

/** Offer and answer with rtpengine, for one call. */
export interface Exchanges {
  /** A side's offer -> what the other side is to be offered. @throws SipreelError rtpengine_away, rtpengine_refused */
  offer(from: Side, sdp: string, options: OfferOptions): Promise<string>;
  /**
   * The answer of the other side -> what the side that has offered is to be answered.
   * @param by who answers: a leg, or our own prompt endpoint
   * @throws SipreelError rtpengine_away, rtpengine_refused
   */
  answer(of: Side, sdp: string, by?: 'leg' | 'prompts'): Promise<string>;
  /** Deletes the call, if there is one. @throws SipreelError rtpengine_away */
  close(): Promise<void>;
}

/** Every offer and answer keeps the ports it has: without `port latching` an answer names a new one. */
const common = { flags: ['port latching'], replace: ['origin', 'session-connection'] };

/**
 * Our own endpoint sends from the address that its SDP names. Without these flags rtpengine learns its address anew from
 * whoever else sends to that port, such as a caller before who goes on talking, and plays their sound to the party.
 */
const own = { ...common, flags: [...common.flags, 'asymmetric', 'strict source'] };

/** What rtpengine would offer of its own accord beside the usual suite, some of which do not even encrypt. */
const allSuites = [
  ...usableSuites,
  'F8_128_HMAC_SHA1_80',
  'F8_128_HMAC_SHA1_32',
  'NULL_HMAC_SHA1_80',
  'NULL_HMAC_SHA1_32',
];

const withoutSuites = (used: readonly string[]): readonly string[] =>
  allSuites.filter((suite) => suite !== commonSuite && !used.includes(suite)).map((suite) => `no-${suite}`);

export const createExchanges = (rtpengine: Pick<Rtpengine, 'command'>, callId: string): Exchanges => {
  let opened = false;
  /** Both sides are known to rtpengine by their tags. */
  let answered = false;
  return {
    async offer(from, sdp, { protocol, transcode = [], afresh = false, suites = [] }) {
      const toTag = answered ? { 'to-tag': otherOf[from] } : {};
      opened = true;
      const { sdp: made } = await rtpengine.command('offer', {
        ...common,
        'call-id': callId,
        'from-tag': from,
        ...toTag,
        ICE: 'remove',
        'rtcp-mux': ['demux'],
        'transport-protocol': protocol,
        // DTLS is taken from those who offer it; what we offer ourselves is SDES.
        ...(protocol.startsWith('RTP/') ? { DTLS: 'off' } : { DTLS: 'passive' }),
        SDES: withoutSuites(suites),
        ...(transcode.length > 0 ? { codec: { transcode, ...(afresh ? { mask: ['full'] } : {}) } } : {}),
        sdp,
      });
      return requireSdp(made, 'offer');
    },

    async answer(of, sdp, by = 'leg') {
      const { sdp: made } = await rtpengine.command('answer', {
        ...(by === 'prompts' ? own : common),
        'call-id': callId,
        'from-tag': of,
        'to-tag': otherOf[of],
        sdp,
      });
      answered = true;
      return requireSdp(made, 'answer');
    },

    async close() {
      if (!opened) return;
      // Without delete-delay rtpengine keeps the ports for another 30 s; with a from-tag it keeps the call for the peer.
      await rtpengine.command('delete', { 'call-id': callId, 'delete-delay': 0 });
    },
  };
};

const requireSdp = (sdp: string | undefined, command: string): string => {
  if (sdp) return sdp;
  throw new SipreelError('rtpengine_refused', `rtpengine answered ${command} without an SDP`);
};
