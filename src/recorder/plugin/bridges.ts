import { asSipreelError } from '../../errors/error.ts';
import { createLog, type Logger } from '../../log.ts';
import type { GivenParameters } from '../recording/check-parameters.ts';
import { readInfo } from '../recording/info-digit.ts';
import type { TrackName } from '../recording/parameters.ts';
import type { Recorder } from './create-recorder.ts';
import type { CallToRecord } from './options.ts';
import type { Recording } from './recording.ts';

/** What the middleware uses of drachtio-srf's requests: each version of it has that. */
export interface BridgeRequest {
  readonly body?: string;
  readonly callingNumber?: string;
  readonly calledNumber?: string;
  get(name: string): string | undefined;
  getParsedHeader(name: string): unknown;
}

/** What the middleware uses of drachtio-srf's dialogs. */
export interface BridgeDialog {
  readonly sip?: { readonly remoteTag?: string };
  on(event: string, listener: (...args: never[]) => void): unknown;
  prependListener(event: string, listener: (...args: never[]) => void): unknown;
  removeListener(event: string, listener: (...args: never[]) => void): unknown;
  listenerCount(event: string): number;
}

/** Both legs, as srf.createB2BUA gives them. */
export interface Bridge {
  readonly uas: BridgeDialog;
  readonly uac: BridgeDialog;
}

/** What recordBridges takes. */
export interface RecordBridgesOptions {
  readonly recorder: Pick<Recorder, 'start' | 'digit' | 'mediaChanged' | 'callEnded'>;
  /** Of each call, or of none: an INVITE for which it gives undefined is not recorded. Default: record_call's own defaults. */
  readonly parameters?: GivenParameters | ((req: BridgeRequest) => GivenParameters | undefined);
  /** Default: warnings and errors on standard error. */
  readonly log?: Logger;
}

/**
 * Records the caller's leg of a bridge and follows the call: re-INVITEs, SIP INFO digits, its end. Resolves when sound is being
 * captured; with undefined where nothing is to be recorded, or nothing can be: that is logged, and the call goes on.
 * @param call what is not as most applications have it: rtpengine's call-id is the Call-ID, its tags those of the From header
 * of the INVITE and of the To header of the callee's answer
 */
export type RecordBridge = (bridge: Bridge, call?: Partial<CallToRecord>) => Promise<Recording | undefined>;

/** A middleware for srf.use('invite', ...): each INVITE gets `req.record`, to be called with what srf.createB2BUA gives. */
export const recordBridges = (options: RecordBridgesOptions) => {
  const { recorder, parameters = {}, log = createLog({ level: 'warn', redact: [] }) } = options;

  const record = async (req: BridgeRequest, bridge: Bridge, call: Partial<CallToRecord>) => {
    const given = typeof parameters === 'function' ? parameters(req) : parameters;
    if (given === undefined) return undefined;
    const recorded: CallToRecord = {
      callId: req.get('Call-ID') ?? '',
      partyTag: fromTagOf(req),
      peerTag: bridge.uac.sip?.remoteTag ?? '',
      from: req.callingNumber ?? '',
      to: req.calledNumber ?? '',
      ...call,
    };
    // Before the first await: what happens meanwhile is not missed.
    follow(bridge, recorded.callId);
    try {
      return await recorder.start(recorded, given);
    } catch (thrown) {
      const err = asSipreelError(thrown);
      log.error({ err, call_id: recorded.callId }, 'a bridge is not recorded: the call goes on');
      return undefined;
    }
  };

  const follow = ({ uas, uac }: Bridge, callId: string): void => {
    const end = (): void => void recorder.callEnded(callId); // Never rejects.
    for (const dialog of [uas, uac]) dialog.on('destroy', end);
    const changed = (track: TrackName) => (req: BridgeRequest) => {
      try {
        if (req.body) recorder.mediaChanged(callId, track, req.body);
      } catch (err) {
        log.warn({ err, call_id: callId, track }, 'the SDP of a re-INVITE is not understood: it is taken as none');
      }
    };
    observe(uas, 'modify', changed('speak'));
    observe(uac, 'modify', changed('listen'));
    uas.on('info', (req: BridgeRequest, res: { send(status: number): void }) => {
      const read = readInfo(req.get('Content-Type') ?? '', req.body ?? '');
      if (read.kind === 'digit') recorder.digit(callId, read.digit, read.durationMs);
      // Without a listener drachtio-srf answers by itself; an application that has one answers as it likes.
      if (uas.listenerCount('info') === 1) res.send(200);
    });
  };

  return (req: BridgeRequest & { record?: RecordBridge }, _res: unknown, next: () => void): void => {
    req.record = (bridge, call = {}) => record(req, bridge, call);
    next();
  };
};

const fromTagOf = (req: BridgeRequest): string => {
  const from = req.getParsedHeader('From') as { readonly params?: { readonly tag?: string } } | undefined;
  return from?.params?.tag ?? '';
};

/**
 * Hears an event for as long as the application does: a listener of ours alone would keep drachtio-srf from answering by itself.
 */
const observe = (dialog: BridgeDialog, event: string, listener: (req: BridgeRequest) => void): void => {
  if (dialog.listenerCount(event) > 0) {
    dialog.prependListener(event, listener);
    return;
  }
  const whenHeard = (added: string): void => {
    if (added !== event) return;
    dialog.removeListener('newListener', whenHeard);
    dialog.prependListener(event, listener);
  };
  dialog.on('newListener', whenHeard);
};
