import type { Logger } from 'pino';
import { SipreelError } from '../../errors/error.ts';
import type { RecordingControl } from '../../recorder/control/recording-control.ts';
import type { Notifier } from '../../recorder/notify/queue.ts';
import type { Recorder } from '../../recorder/recorder.ts';
import type { RecordCallParameters } from '../../recorder/recording/parameters.ts';
import type { ActiveRecording } from '../../recorder/running-recording.ts';
import type { LegCodec } from '../../rtp/leg-codecs.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import type { PartyDigits } from '../media/party-digits.ts';
import type { PromptEndpoint } from '../media/prompt/endpoint.ts';
import { describeEntry } from '../media/prompt/entry.ts';
import type { PromptPlayer } from '../media/prompt/player.ts';
import type { MediaSession } from '../media/session.ts';
import type { Info } from '../sip/dialog.ts';
import type { LegMedia } from '../sip/far-end-offers.ts';
import type { InboundLeg } from '../sip/inbound-leg.ts';
import type { AnswerOptions, CallFacts, CallPort } from '../swml/call-port.ts';
import { untilAborted } from '../swml/until-aborted.ts';
import type { CalleeMedia } from './callee-room.ts';
import { createConnector, type Dial } from './connect.ts';
import { methodEvent } from './method-event.ts';
import { promptForDigits } from './prompter.ts';
import { createCallRecordings } from './recordings.ts';
import { type CallEnd, type CallState, nextCallState } from './state.ts';
import { createTaps } from './taps.ts';
import { voiceOf } from './voice-of.ts';

/** One inbound call: its leg, its media and its recordings behind the port that scripts use. */
export interface Call {
  readonly port: CallPort;
  state(): CallState;
  /**
   * Ends the call: the first end counts. Recordings are captured to the disk, then the media session is deleted, then
   * BYE is sent where the far end has not ended it. Resolves when all is given up; never rejects.
   */
  end(end: CallEnd): Promise<void>;
  /**
   * Starts a recording that no script has asked for. @throws SipreelError call_unanswered, call_ended, prompt_busy and what
   * Recorder.start throws
   */
  record(parameters: RecordCallParameters): Promise<ActiveRecording>;
  /** The media of the party's leg, for its re-INVITEs and UPDATEs. */
  readonly media: LegMedia;
  /** The far end's INFO: goes to whom it is connected with, whose status it resolves with; undefined if to nobody. */
  info(info: Info): Promise<number | undefined>;
  /** The party has pressed a key, as SIP INFO says. */
  pressed(digit: string): void;
  /** What the payload types of the party, or of whoever is its peer, mean from now on. */
  mediaChanged(of: 'party' | 'peer', payloads: PayloadMap): void;
  /** That side holds the call, or does not any more. */
  holdChanged(of: 'party' | 'peer', held: boolean): void;
}

export interface CallParts {
  readonly leg: InboundLeg;
  readonly media: MediaSession;
  readonly player: PromptPlayer;
  readonly digits: PartyDigits;
  readonly recorder: Recorder;
  /** Stops recordings that this call's node does not capture, or not under that name. */
  readonly control: Pick<RecordingControl, 'stop' | 'pause' | 'resume'>;
  /** The trunk that the call came from. */
  readonly trunk?: string | undefined;
  /** Told of each state as it is entered. */
  readonly onState?: (state: CallState) => void;
  readonly notifier: Pick<Notifier, 'owe'>;
  /** A further endpoint, for a tap of both directions. */
  readonly createEndpoint: () => Promise<PromptEndpoint>;
  /** Throws outbound_address_refused for an address that a tap may not be sent to. */
  readonly permitAddress: (address: string, port: number) => void;
  readonly onUserEvent: (event: Readonly<Record<string, unknown>>) => void;
  readonly facts: CallFacts;
  readonly log: Logger;
  /** How long stop_record_call waits for the file, ms. */
  readonly playableWithinMs: number;
  readonly dial: Dial;
  /** Media for one who is asked before it is connected. */
  readonly openCallee: () => Promise<CalleeMedia>;
  /** What the party hears while others ring, such as ring:us. */
  readonly ringing: string;
}

export const createCall = (parts: CallParts): Call => {
  const { leg, media, player, recorder, facts, log } = parts;
  const ended = new AbortController();
  let state: CallState = { name: 'created' };
  let answering: Promise<void> | undefined;
  let answered: Promise<string> | undefined;
  let durationLimit: NodeJS.Timeout | undefined;
  let ending: Promise<void> | undefined;

  const enter = (next: CallState): void => {
    if (next === state) return;
    state = next;
    parts.onState?.(state);
  };

  const answer: CallPort['answer'] = (how = {}) => {
    ended.signal.throwIfAborted();
    answering ??= answerNow(how);
    return answering;
  };

  /** Our answer to the INVITE's offer, made once: a 183 and the 200 carry the same. */
  const answerSdp = (offer: string, codecs?: readonly LegCodec[]): Promise<string> => {
    answered ??= media.answer(offer, codecs);
    return answered;
  };

  const answerNow = async ({ codecs }: AnswerOptions): Promise<void> => {
    enter(nextCallState(state, { event: 'answering' }));
    const offer = leg.facts.sdp;
    if (offer === undefined) {
      await leg.accept(await media.offer(codecs ? { codecs } : undefined));
      const sdp = await untilAborted(leg.acknowledged, ended.signal);
      if (sdp === undefined)
        throw new SipreelError('sdp_invalid', 'the ACK to our offer has no SDP (RFC 3261 §13.2.1)');
      await media.acceptAnswer(sdp);
    } else {
      await leg.accept(await answerSdp(offer, codecs));
    }
    ended.signal.throwIfAborted();
    enter(nextCallState(state, { event: 'answered' }));
    log.info('answered');
  };

  /** Early media: the party hears prompts before the call is answered (RFC 3960). */
  const progress = async (): Promise<void> => {
    if (answering !== undefined) return answering;
    const offer = leg.facts.sdp;
    if (offer === undefined) {
      throw new SipreelError(
        'early_media_impossible',
        'the INVITE has no SDP, so nothing can be played before the answer',
      );
    }
    const first = answered === undefined;
    const sdp = await answerSdp(offer);
    ended.signal.throwIfAborted();
    if (first && answering === undefined) leg.progress(sdp);
  };

  const tell: CallPort['tell'] = (statusUrl, told) => {
    const { event, after } = methodEvent(facts, told, Date.now() / 1000);
    parts.notifier
      .owe(event, statusUrl, after)
      .catch((err: unknown) => log.error({ err, event_id: event.event_id }, 'the status event could not be kept'));
  };

  const connector = createConnector({
    media,
    player,
    dial: parts.dial,
    answer,
    // Without an offer there is no early media: the party is answered before the others ring.
    progress: () => (leg.facts.sdp === undefined ? answer() : progress()),
    informParty: leg.info,
    openCallee: parts.openCallee,
    facts,
    tell,
    userEvent: parts.onUserEvent,
    signal: ended.signal,
    ringing: parts.ringing,
    log,
  });

  const taps = createTaps({
    source: media.source,
    createEndpoint: parts.createEndpoint,
    permit: parts.permitAddress,
    tell,
    log,
  });

  const end: Call['end'] = (how) => {
    ending ??= endNow(how);
    return ending;
  };

  const endNow = async (how: CallEnd): Promise<void> => {
    const wasAnswered = state.name === 'answered' || state.name === 'answering';
    enter(nextCallState(state, { event: 'end', ...how }));
    ended.abort(new SipreelError('call_ended', `the call has ended: ${how.reason}`));
    clearTimeout(durationLimit);
    // An answer that is under way has to be over, or its 200 would find no one.
    await answering?.catch(() => undefined);
    // Ignored where the call was answered; where it was not, the caller need not wait for media that may be away.
    leg.reject(how.status ?? 480, { headers: how.status === undefined ? {} : reasonHeader(how) });
    const released = connector.release();
    await recorder.callEnded(facts.call_id);
    await taps.end();
    await media.close();
    if (wasAnswered) await leg.bye(how.result === 'completed' || how.result === 'hangup' ? {} : reasonHeader(how));
    await released;
    log.info(
      { result: how.result, reason: how.reason, ...(how.status === undefined ? {} : { status: how.status }) },
      'call ended',
    );
  };

  const recordings = createCallRecordings({
    call: {
      ...{ callId: facts.call_id, from: facts.from, to: facts.to, source: media.source },
      ...(parts.trunk === undefined ? {} : { trunk: parts.trunk }),
    },
    recorder,
    control: parts.control,
    player,
    signal: ended.signal,
    playableWithinMs: parts.playableWithinMs,
    log,
  });

  const record: Call['record'] = async (parameters) => {
    ended.signal.throwIfAborted();
    if (state.name === 'answered') return recordings.start(parameters);
    throw new SipreelError('call_unanswered', `call ${facts.call_id} is not answered yet`);
  };

  const port: CallPort = {
    facts,
    signal: ended.signal,
    state: () => {
      if (state.name === 'ended') return 'ended';
      return state.name === 'answered' ? 'answered' : 'created';
    },
    answer,
    hangup: (reason) => {
      const status = { hangup: 480, busy: 486, decline: 603 }[reason];
      return end({
        result: 'hangup',
        reason: `the script hung up (${reason})`,
        ...(answering === undefined ? { status } : {}),
      });
    },
    limitDuration: (seconds) => {
      clearTimeout(durationLimit);
      if (ended.signal.aborted) return;
      durationLimit = setTimeout(() => {
        void end({ result: 'max_duration', reason: `the call has lasted ${seconds} s, its max_duration` });
      }, seconds * 1000);
    },
    play: async (urls, { volumeDb, say = {}, answer: answerFirst = true }) => {
      await (answerFirst ? answer() : progress());
      log.info({ urls: urls.map(describeEntry) }, 'play');
      await player.play(urls, { volumeDb, voice: voiceOf(say), signal: ended.signal });
    },
    prompt: async (urls, { volumeDb, say = {}, ...plan }) => {
      await answer();
      log.info({ urls: urls.map(describeEntry) }, 'prompt');
      const how = { ...plan, volumeDb };
      const heard = { player, digits: parts.digits, signal: ended.signal };
      return promptForDigits(heard, urls, how, { volumeDb, voice: voiceOf(say) });
    },
    sendDigits: async (digits) => {
      await answer();
      const way = await player.press(digits, ended.signal);
      log.info({ count: digits.length, way }, 'send_digits');
      return way;
    },
    tap: async (plan) => {
      await answer();
      return untilAborted(taps.start(plan), ended.signal);
    },
    stopTap: (controlId) => untilAborted(taps.stop(controlId), ended.signal),
    refer: async (plan) => {
      await answer();
      log.info({ uri: plan.to }, 'REFER to');
      return untilAborted(leg.refer(plan, ended.signal), ended.signal);
    },
    userEvent: (event) => {
      log.info({ event }, 'user event');
      parts.onUserEvent(event);
    },
    tell,
    recordCall: async (parameters, onChange) => {
      await answer();
      return recordings.recordCall(parameters, onChange);
    },
    recordingEnded: recordings.recordingEnded,
    connect: connector.connect,
    stopRecordCall: recordings.stopRecordCall,
    pauseRecordCall: recordings.pauseRecordCall,
    resumeRecordCall: recordings.resumeRecordCall,
  };

  return {
    port,
    state: () => state,
    end,
    record,
    media: { answer: media.answer, offer: media.offer, accept: media.acceptAnswer },
    info: connector.informPeer,
    pressed: parts.digits.info,
    mediaChanged: (of, payloads) => {
      const track = of === 'party' ? 'speak' : 'listen';
      recorder.mediaChanged(facts.call_id, track, payloads);
      taps.mediaChanged(track, payloads);
    },
    holdChanged: (of, held) => recorder.holdChanged(facts.call_id, of === 'party' ? 'speak' : 'listen', held),
  };
};

/** Reason (RFC 3326) tells the far end's log why, in the words of ours; quotes and line breaks can't get in. */
const reasonHeader = (end: CallEnd): Record<string, string> => {
  const text = end.reason.replace(/[^\x20-\x7e]|["\\]/g, ' ').slice(0, 200);
  return { Reason: `SIP;cause=${end.status ?? 200};text="${end.result}: ${text}"` };
};
