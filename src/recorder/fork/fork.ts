import { setTimeout as sleep } from 'node:timers/promises';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import type { Rtpengine } from '../../rtpengine/rtpengine.ts';
import { isUnknownCall } from '../../rtpengine/rtpengine.ts';
import { type AudioMedia, parseAudio } from '../../sdp/audio.ts';
import { writeAudio } from '../../sdp/write.ts';
import type { TrackName } from '../recording/parameters.ts';
import { forkCodecs, needsRenewal, withoutAdded } from './fork-codecs.ts';

/** The media of a recorded party: an rtpengine call with two fixed tags. */
export interface ForkSource {
  readonly rtpengine: Pick<Rtpengine, 'command'>;
  /** rtpengine's call-id. */
  readonly callId: string;
  /** Tag of the leg that is recorded: its sound is `speak`. */
  readonly partyTag: string;
  /** Tag of what that leg is talking to: its sound is `listen`. */
  readonly peerTag: string;
}

/** One direction's copy of RTP, which rtpengine sends from `media` to our socket. */
export interface Fork {
  readonly track: TrackName;
  /** What it carries, and where it comes from. */
  readonly media: AudioMedia;
  /**
   * What its direction's payload types mean from now on. Where that is G.729, rtpengine is asked anew for a copy that we can
   * decode, to the same socket.
   * @throws SipreelError fork_refused, rtpengine_away
   */
  changed(payloads: PayloadMap): Promise<void>;
  /** Idempotent; never rejects: an rtpengine that is away or knows the call no more has nothing to give up. */
  close(): Promise<void>;
}

/**
 * Subscribes to one direction in two steps, so that the capture knows rtpengine's port before the first packet:
 * `prepared` is called between request and answer.
 * @throws SipreelError fork_refused, rtpengine_away
 */
export const openFork = async (
  source: ForkSource,
  options: {
    readonly track: TrackName;
    /** What it is for: a recording, or a live copy for somebody else. */
    readonly purpose?: 'rec' | 'tap';
    /** Of the recording or tap: unique. */
    readonly id: string;
    /**
     * Transcodes to this codec what is not of it already, and leaves out events. Default: the packets as they are, but for
     * G.729, which comes as PCMA.
     */
    readonly codec?: 'PCMU' | 'PCMA';
    /** Where the copy goes: RTP and, unless there is a port for it, RTCP to one port. */
    readonly to: { readonly address: string; readonly port: number; readonly rtcpPort?: number };
    readonly prepared: (media: AudioMedia) => void;
  },
): Promise<Fork> => {
  const { rtpengine, callId } = source;
  const { track, purpose = 'rec', codec } = options;
  // Our own tag, unique and in our own name space: automatic ones leak ports until the call ends.
  const toTag = `${purpose}-${options.id}-${track}`;
  const fromTag = track === 'speak' ? source.partyTag : source.peerTag;

  const refused = (why: string, cause?: unknown): SipreelError =>
    new SipreelError('fork_refused', `the ${track} direction cannot be copied: ${why}`, {
      cause,
      details: { rtpengine_call_id: callId, from_tag: fromTag, to_tag: toTag },
    });

  /** For a tag that is subscribed already, this gives up the subscription before, and keeps its ports. */
  const subscribe = async (): Promise<AudioMedia> => {
    const offer = await rtpengine
      .command('subscribeRequest', {
        'call-id': callId,
        'from-tag': fromTag,
        'to-tag': toTag,
        // Plain RTP, also of a leg that speaks SRTP.
        'transport-protocol': 'RTP/AVP',
        codec: codec === undefined ? forkCodecs : { transcode: [codec], mask: ['all'] },
      })
      .catch((error: unknown) => {
        if (isUnknownCall(error)) throw refused('rtpengine does not know the call any more', error);
        throw error;
      });
    // After a restart from its Redis, rtpengine says ok to a new subscription and gives none.
    if (!offer.sdp) throw refused('rtpengine answered without an SDP');
    const offered = parseAudio(offer.sdp);
    const { payloads } = offered;
    const meant = { ...offered, payloads: codec === undefined ? withoutAdded(payloads) : payloads };
    options.prepared(meant);
    await rtpengine.command('subscribeAnswer', {
      'call-id': callId,
      'to-tag': toTag,
      // Without it anybody who sends to the fork's port, on purpose or not, gets the fork in our place.
      flags: ['asymmetric', 'allow transcoding'],
      sdp: writeAudio({
        address: options.to.address,
        port: options.to.port,
        // Every offered payload type has to be accepted, or rtpengine refuses the answer.
        payloadTypes: offered.payloadTypes,
        payloads: offered.payloads,
        direction: 'recvonly',
        rtcpPort: options.to.rtcpPort ?? options.to.port,
      }),
    });
    return meant;
  };

  const closed = new AbortController();
  /** One command after the other: a subscription must not come after its end. */
  let last: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;

  const close = (): Promise<void> => {
    closed.abort();
    closing ??= last
      .then(() => rtpengine.command('unsubscribe', { 'call-id': callId, 'to-tag': toTag }))
      .then(
        () => undefined,
        () => undefined, // The call is gone, or rtpengine is, and the fork with it.
      );
    return closing;
  };

  /** Sound that comes meanwhile is lost to the file, so a rtpengine that is away is asked again until it is there. */
  const renew = async (): Promise<void> => {
    for (let attempt = 1; !closed.signal.aborted; attempt++) {
      try {
        media = await subscribe();
        return;
      } catch (error) {
        if (attempt === attempts || !asSipreelError(error).kind.retryable) throw error;
        await sleep(retryMs, undefined, { signal: closed.signal }).catch(() => undefined); // Closed meanwhile.
      }
    }
  };

  let media: AudioMedia;
  try {
    media = await subscribe();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    track,
    get media() {
      return media;
    },
    changed(payloads) {
      if (codec !== undefined || !needsRenewal(payloads)) return Promise.resolve();
      const renewed = last.then(renew);
      last = renewed.catch(() => undefined); // Whoever told of the change has the error.
      return renewed;
    },
    close,
  };
};

const attempts = 20;
const retryMs = 500;
