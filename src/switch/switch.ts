import { randomUUID } from 'node:crypto';
import type Srf from 'drachtio-srf';
import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import type { Logger } from 'pino';
import { asSipreelError, SipreelError } from '../errors/error.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { Rtpengine } from '../rtpengine/rtpengine.ts';
import { type Call, createCall } from './call/call.ts';
import type { CallEnd } from './call/state.ts';
import { type LegCodec, legCodecs } from './media/codecs.ts';
import { readOffer } from './media/leg-sdp.ts';
import type { PromptEndpoint } from './media/prompt/endpoint.ts';
import type { PromptPlayer } from './media/prompt/player.ts';
import { createMediaSession } from './media/session.ts';
import { createDialPlan, type OutboundTrunk } from './sip/dial-plan.ts';
import { createInboundLeg, type InboundLeg } from './sip/inbound-leg.ts';
import { answerToInfo, readInfo } from './sip/info-digit.ts';
import { dialOut } from './sip/outbound-leg.ts';
import { createRouter, type Route, type Trunk } from './sip/route.ts';
import type { CallFacts } from './swml/call-port.ts';
import { runScript, type ScriptEnd } from './swml/interpreter.ts';
import type { ScriptHttp } from './swml/script-http.ts';
import type { ScriptSource } from './swml/script-source.ts';

export interface SwitchOptions {
  readonly nodeId: string;
  /** The codecs that parties may have. Default: all that rtpengine transcodes. */
  readonly codecs?: readonly LegCodec[];
  readonly routes: readonly Route[];
  readonly trunks: readonly (Trunk & { readonly outbound?: OutboundTrunk | undefined })[];
  /** Messages over this many bytes are refused: a drachtio-server hangs on them. */
  readonly maxMessageBytes: number;
  readonly playableWithinMs: number;
  /** What a party hears while `connect` rings, such as ring:us. */
  readonly ringing: string;
}

export interface SwitchParts {
  readonly rtpengines: readonly Rtpengine[];
  readonly recorder: Recorder;
  readonly scripts: ScriptSource;
  /** For requests that scripts make. */
  readonly scriptHttp: ScriptHttp;
  /** True while Redis answers. */
  readonly redisReady: () => boolean;
  readonly createEndpoint: (log: Logger) => Promise<PromptEndpoint>;
  readonly createPlayer: (endpoint: PromptEndpoint, log: Logger) => PromptPlayer;
  readonly log: Logger;
}

/** Takes INVITEs, runs their scripts, and knows the calls that are up. */
export interface Switch {
  /** Handles one INVITE; never throws or rejects. */
  invite(srf: Srf, request: SrfRequest, response: SrfResponse): void;
  calls(): readonly Call[];
  /** False once it drains. */
  accepting(): boolean;
  /** From now on INVITEs get 503; resolves when the last call has ended. */
  drain(): Promise<void>;
  /** Ends all calls at once, every recording finished first. */
  hangupAll(reason: string): Promise<void>;
}

export const createSwitch = (parts: SwitchParts, options: SwitchOptions): Switch => {
  const calls = new Map<string, { call: Call; over: Promise<void> }>();
  const dialPlan = createDialPlan(options.trunks);
  const route = createRouter(options.routes, options.trunks);
  let draining = false;
  let next = 0;

  /** The next healthy rtpengine, in turn. */
  const pickRtpengine = (): Rtpengine => {
    const healthy = parts.rtpengines.filter((rtpengine) => rtpengine.healthy());
    const picked = healthy[next++ % Math.max(1, healthy.length)];
    if (picked) return picked;
    const names = parts.rtpengines.map(({ address }) => `${address.host}:${address.port}`).join(', ');
    throw new SipreelError('rtpengine_away', `no rtpengine answers (${names})`);
  };

  /** Everything that can be known to be wrong before the script runs. */
  const admit = (leg: InboundLeg): { script: string; rtpengine: Rtpengine; trunk?: string } => {
    const { facts } = leg;
    if (draining) throw goingDown();
    if (facts.bytes > options.maxMessageBytes) {
      throw new SipreelError(
        'message_too_large',
        `the INVITE has ${facts.bytes} bytes; the limit is ${options.maxMessageBytes}`,
      );
    }
    const found = route(facts.calledNumber, facts.sourceAddress);
    if (!found) {
      throw new SipreelError(
        'route_missing',
        `no route for the called number ${JSON.stringify(facts.calledNumber)} from ${facts.sourceAddress}`,
      );
    }
    if (!parts.redisReady()) throw new SipreelError('redis_away', 'Redis does not answer');
    const rtpengine = pickRtpengine();
    if (facts.sdp !== undefined) readOffer(facts.sdp, options.codecs ?? legCodecs);
    return { script: found.route.script, rtpengine, ...(found.trunk === undefined ? {} : { trunk: found.trunk }) };
  };

  const handle = async (srf: Srf, request: SrfRequest, response: SrfResponse): Promise<void> => {
    const callId = randomUUID();
    let call: Call | undefined;
    let farEnd: CallEnd | undefined;
    const log = parts.log.child({ call_id: callId });
    const leg = createInboundLeg(srf, request, response, {
      log,
      onEnd: (how) => {
        farEnd = farEnds[how];
        void call?.end(farEnd);
      },
      onReinvite: (sdp) => {
        if (!call) throw new SipreelError('internal_error', 're-INVITE before the call');
        return call.reinvite(sdp);
      },
      onInfo: async (info) => {
        const read = readInfo(info.type, info.body);
        if (read.kind === 'digit') parts.recorder.digit(callId, read.digit, 'info', read.durationMs);
        const status = await call?.info(info);
        if (status !== undefined) return { status };
        if (read.kind === 'invalid')
          log.warn({ type: info.type, why: read.why }, 'INFO with a body that is no digit: refused');
        return answerToInfo(read);
      },
    });
    const { facts } = leg;
    log.info({ from: facts.from, to: facts.to, source: facts.sourceAddress, sip_call_id: facts.sipCallId }, 'INVITE');
    try {
      const { script, rtpengine } = admit(leg);
      const callFacts = factsOf(callId, options.nodeId, leg);
      const document = await parts.scripts.load(script, callFacts);
      if (draining) throw goingDown();
      const endpoint = await parts.createEndpoint(log);
      call = createCall({
        leg,
        media: createMediaSession({
          rtpengine,
          callId,
          endpoint,
          codecs: options.codecs,
          onPayloads: (of, payloads) =>
            parts.recorder.mediaChanged(callId, of === 'party' ? 'speak' : 'listen', payloads),
          log,
        }),
        dial: (target, handlers) => {
          const to = dialPlan(target, facts.from);
          log.info({ uri: to.uri, from: to.from, trunk: to.trunk }, 'INVITE to');
          return dialOut({
            ...handlers,
            srf,
            target: to,
            timeoutMs: target.timeoutS * 1000,
            maxForwards: facts.maxForwards - 1,
            maxMessageBytes: options.maxMessageBytes,
            log,
          });
        },
        ringing: options.ringing,
        player: parts.createPlayer(endpoint, log),
        recorder: parts.recorder,
        facts: callFacts,
        log,
        playableWithinMs: options.playableWithinMs,
      });
      // The far end may have given up while the script was fetched.
      if (farEnd) return await call.end(farEnd);
      const running = runCall(call, document, log);
      calls.set(callId, { call, over: running });
      await running;
    } catch (thrown) {
      refuse(leg, asSipreelError(thrown), log);
    } finally {
      calls.delete(callId);
    }
  };

  const runCall = async (
    call: Call,
    document: Awaited<ReturnType<ScriptSource['load']>>,
    log: Logger,
  ): Promise<void> => {
    const end = await runScript(document, call.port, {
      log,
      http: parts.scriptHttp,
      fetchScript: parts.scripts.fetch,
    }).then(endOfScript, (thrown: unknown): CallEnd => {
      const error = asSipreelError(thrown);
      log.error({ err: error }, 'the call failed');
      return { result: 'failed', reason: error.message, status: error.kind.sip };
    });
    await call.end(end);
  };

  const over = async (): Promise<void> => {
    while (calls.size > 0) await Promise.all([...calls.values()].map((entry) => entry.over));
  };

  return {
    invite: (srf, request, response) => void handle(srf, request, response),
    calls: () => [...calls.values()].map((entry) => entry.call),
    accepting: () => !draining,
    drain() {
      draining = true;
      return over();
    },
    async hangupAll(reason) {
      draining = true;
      await Promise.all([...calls.values()].map(({ call }) => call.end({ result: 'shutdown', reason, status: 503 })));
      await over();
    },
  };
};

const goingDown = (): SipreelError => new SipreelError('draining', 'this server takes no new calls: it is going down');

const farEnds = {
  bye: { result: 'caller_hung_up', reason: 'the caller hung up' },
  cancel: { result: 'cancelled', reason: 'the caller cancelled', status: 487 },
  no_ack: { result: 'no_ack', reason: 'the 200 was never acknowledged' },
} as const satisfies Record<string, CallEnd>;

const endOfScript = (end: ScriptEnd): CallEnd => {
  switch (end.result) {
    case 'completed':
      return { result: 'completed', reason: 'the script came to its end', status: 480 };
    case 'hangup':
    case 'call_ended':
      return { result: 'hangup', reason: 'the call was over before the script', status: 480 };
    case 'script_error':
      return { result: 'script_error', reason: end.error.message, status: sipStatusOf(end.error) };
  }
};

/** A step that failed for a reason outside the script is refused for that reason: 503 while rtpengine is away. */
const sipStatusOf = (error: SipreelError): number =>
  error.cause instanceof SipreelError ? sipStatusOf(error.cause) : error.kind.sip;

const factsOf = (callId: string, nodeId: string, leg: InboundLeg): CallFacts => ({
  call_id: callId,
  node_id: nodeId,
  segment_id: randomUUID(),
  direction: 'inbound',
  type: 'sip',
  from: leg.facts.from,
  to: leg.facts.to,
  headers: leg.facts.headers,
});

const refuse = (leg: InboundLeg, error: SipreelError, log: Logger): void => {
  const { sip, retryable, fault } = error.kind;
  log[fault === 'caller' ? 'info' : 'error']({ err: error, status: sip }, 'call refused');
  const text = error.message.replace(/[^\x20-\x7e]|["\\]/g, ' ').slice(0, 300);
  leg.reject(sip, {
    headers: { Warning: `399 sipreel "${text}"`, ...(retryable ? { 'Retry-After': '5' } : {}) },
  });
};
