import { randomUUID } from 'node:crypto';
import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import type { Logger } from 'pino';
import { asSipreelError, SipreelError } from '../errors/error.ts';
import type { RecordingControl } from '../recorder/control/recording-control.ts';
import type { Notifier } from '../recorder/notify/queue.ts';
import type { Recorder } from '../recorder/recorder.ts';
import { readInfo } from '../recorder/recording/info-digit.ts';
import type { Rtpengine } from '../rtpengine/rtpengine.ts';
import { type Call, createCall } from './call/call.ts';
import type { CallEnd } from './call/state.ts';
import { endOfArrival, endOfScript, farEnds, goingDown } from './call-ends.ts';
import type { CallDirectory } from './directory/call-directory.ts';
import { enterCall } from './directory/enter-call.ts';
import type { SwitchHealth } from './health.ts';
import { type PartyCodecs, readOffer } from './media/leg-sdp.ts';
import { createPartyDigits } from './media/party-digits.ts';
import type { PromptEndpoint } from './media/prompt/endpoint.ts';
import type { PromptPlayer } from './media/prompt/player.ts';
import { createMediaSession } from './media/session.ts';
import { type ChosenRtpengine, createRtpengineChoice, nameOf } from './rtpengine-choice.ts';
import type { CallLimits } from './sip/call-limits.ts';
import { createDialPlan, type OutboundTrunk, reachable } from './sip/dial-plan.ts';
import { admitExtensions } from './sip/extensions.ts';
import type { Admitted, Gate, GateParts } from './sip/gate.ts';
import { type HuntOptions, hunt } from './sip/hunt.ts';
import { createInboundLeg, type InboundLeg } from './sip/inbound-leg.ts';
import { answerToInfo } from './sip/info-answer.ts';
import { dialOut } from './sip/outbound-leg.ts';
import { refuse } from './sip/refuse.ts';
import { createRouter, type Route } from './sip/route.ts';
import type { DrachtioState, SipServer } from './sip/server.ts';
import type { TimerWishes } from './sip/session-timer.ts';
import type { CallFacts } from './swml/call-port.ts';
import type { ExpressionEngine } from './swml/expressions/engine.ts';
import { type RunOptions, runScript } from './swml/interpreter.ts';
import { loadRouteScript } from './swml/route-script.ts';
import type { ScriptHttp } from './swml/script-http.ts';
import type { ScriptParser } from './swml/script-parser.ts';
import type { ScriptSource } from './swml/script-source.ts';
import { untilAborted } from './swml/until-aborted.ts';
import { createUserEvents, type UserEvents } from './user-events.ts';

export interface SwitchOptions {
  readonly nodeId: string;
  /** The codecs that parties may have. Default: all that rtpengine transcodes. */
  readonly codecs?: PartyCodecs;
  readonly routes: readonly Route[];
  readonly trunks: readonly { readonly name: string; readonly outbound?: OutboundTrunk | undefined }[];
  /** Messages over this many bytes are refused: a drachtio-server hangs on them. */
  readonly maxMessageBytes: number;
  /** Calls at the same time; more are refused. Default: no limit. */
  readonly maxCalls?: number;
  readonly playableWithinMs: number;
  /** What we want of session timers (RFC 4028). */
  readonly sessionTimer: TimerWishes;
  /** Take calls also while Redis is away: what it is owed is told later. Default: false. */
  readonly takeWithoutRedis?: boolean;
  /** What a party hears while `connect` rings, such as ring:us. */
  readonly ringing: string;
  /** `envs` of all scripts. */
  readonly envs?: Readonly<Record<string, unknown>>;
  /** Keys that come as tones in the sound count too. Default false. */
  readonly inbandDigits?: boolean;
}

export interface SwitchParts extends Pick<RunOptions, 'aroundMethod'>, Pick<GateParts, 'onRefused'> {
  readonly rtpengines: readonly Rtpengine[];
  /** Tells who calls, and answers those who may not. */
  readonly gate: Gate;
  readonly inboundLimits: CallLimits;
  readonly outboundLimits: CallLimits;
  /** False for a trunk that is known to be down. */
  readonly trunkUp: (name: string) => boolean;
  /** True as soon as a trunk that gets an INVITE is known to answer nothing at all; see TrunkProbes.isSilent. */
  readonly trunkSilent: HuntOptions['isSilent'];
  /** The drachtio-servers as they stand. */
  readonly drachtio: () => readonly DrachtioState[];
  readonly recorder: Recorder;
  readonly control: Pick<RecordingControl, 'stop' | 'pause' | 'resume'>;
  /** Told of each call as it changes. */
  readonly directory: Pick<CallDirectory, 'tell'>;
  readonly notifier: Pick<Notifier, 'owe'>;
  /** Throws outbound_address_refused for an address that scripts may not have anything sent to. */
  readonly permitAddress: (address: string, port: number) => void;
  readonly scripts: ScriptSource;
  /** For the scripts that scripts hold as text. */
  readonly parseScript: ScriptParser;
  readonly expressions: ExpressionEngine;
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
  invite(server: SipServer, request: SrfRequest, response: SrfResponse): void;
  /** Ends the calls of a drachtio-server whose connection is gone: nobody can end them any more, and no BYE comes. */
  serverLost(server: SipServer): void;
  health(): SwitchHealth;
  calls(): readonly Call[];
  /** A call that is up. */
  find(callId: string): Call | undefined;
  /** The events of scripts' own (user_event), while they happen. */
  readonly userEvents: Pick<UserEvents, 'listen'>;
  /** False once it drains. */
  accepting(): boolean;
  /** From now on INVITEs get 503; resolves when the last call has ended. */
  drain(): Promise<void>;
  /** Ends all calls at once, every recording finished first. */
  hangupAll(reason: string): Promise<void>;
}

/** A call from its admission to its end. */
interface TakenCall {
  readonly server: SipServer;
  readonly rtpengine: ChosenRtpengine;
  /** Ends it while its script is fetched: the signal's reason is the refusal. */
  readonly arrival: AbortController;
  /** Undefined until its script is there. */
  call: Call | undefined;
  over: Promise<void>;
}

export const createSwitch = (parts: SwitchParts, options: SwitchOptions): Switch => {
  const calls = new Map<string, TakenCall>();
  const dialPlan = createDialPlan(options.trunks);
  const route = createRouter(
    options.routes,
    options.trunks.map(({ name }) => name),
  );
  const chooseRtpengine = createRtpengineChoice(parts.rtpengines, parts.log);
  const userEvents = createUserEvents();
  let draining = false;

  /** Everything that can be known to be wrong before the script runs. */
  const admit = (leg: InboundLeg, trunk: string | undefined): { route: Route; rtpengine: ChosenRtpengine } => {
    const { facts } = leg;
    if (draining) throw goingDown();
    if (options.maxCalls !== undefined && calls.size >= options.maxCalls) {
      throw new SipreelError('calls_limit', `${calls.size} calls are up, and ${options.maxCalls} may be`);
    }
    if (facts.bytes > options.maxMessageBytes) {
      throw new SipreelError(
        'message_too_large',
        `the INVITE has ${facts.bytes} bytes; the limit is ${options.maxMessageBytes}`,
      );
    }
    const found = route(facts.calledNumber, trunk);
    if (!found) {
      const from = trunk === undefined ? facts.sourceAddress : `the trunk ${trunk} (${facts.sourceAddress})`;
      throw new SipreelError(
        'route_missing',
        `no route for the called number ${JSON.stringify(facts.calledNumber)} from ${from}`,
      );
    }
    if (!parts.redisReady() && !options.takeWithoutRedis) throw new SipreelError('redis_away', 'Redis does not answer');
    const rtpengine = chooseRtpengine();
    if (facts.sdp !== undefined) readOffer(facts.sdp, options.codecs);
    return { route: found, rtpengine };
  };

  const handle = async (server: SipServer, request: SrfRequest, response: SrfResponse): Promise<void> => {
    const callId = randomUUID();
    let call: Call | undefined;
    let farEnd: CallEnd | undefined;
    let caller: Admitted | undefined;
    const log = parts.log.child({ call_id: callId });
    const leg = createInboundLeg(server.srf, request, response, {
      log,
      onEnd: (how) => {
        farEnd = farEnds[how];
        // Its trunk may call again at once: nobody knows there how long we tidy up.
        caller?.release();
        void call?.end(farEnd);
      },
      media: {
        answer: async (offer) => mediaOf(call).answer(offer),
        offer: async () => mediaOf(call).offer(),
        accept: async (answer) => mediaOf(call).accept(answer),
      },
      sessionTimer: options.sessionTimer,
      onInfo: async (info) => {
        const read = readInfo(info.type, info.body);
        if (read.kind === 'digit') {
          parts.recorder.digit(callId, read.digit, 'info', read.durationMs);
          call?.pressed(read.digit);
        }
        const status = await call?.info(info);
        if (status !== undefined) return { status };
        if (read.kind === 'invalid')
          log.warn({ type: info.type, why: read.why }, 'INFO with a body that is no digit: refused');
        return answerToInfo(read);
      },
    });
    caller = parts.gate.admit(leg);
    if (!caller) return;
    const { facts } = leg;
    const { from, to, sourceAddress: source, sipCallId: sip_call_id } = facts;
    log.info({ from, to, source, sip_call_id, trunk: caller.trunk }, 'INVITE');
    const take = async (chosen: Route, taken: TakenCall, trunk: string | undefined): Promise<void> => {
      const { rtpengine } = taken;
      const arriving = taken.arrival.signal;
      const callFacts = factsOf(callId, options.nodeId, leg);
      const document = await untilAborted(loadRouteScript(parts.scripts, chosen, callFacts, log), arriving);
      if (draining) throw goingDown();
      const endpoint = await parts.createEndpoint(log);
      call = createCall({
        leg,
        media: createMediaSession({
          rtpengine,
          callId,
          endpoint,
          codecs: options.codecs,
          onPayloads: (of, payloads) => call?.mediaChanged(of, payloads),
          onHold: (of, held) => call?.holdChanged(of, held),
          log,
        }),
        dial: (target, { onEarlyMedia, media, onInfo, ...handlers }) =>
          hunt({
            ...handlers,
            targets: reachable(dialPlan(target, facts.from), parts.trunkUp),
            timeoutMs: target.timeoutS * 1000,
            take: (trunk) => parts.outboundLimits.take(trunk, performance.now()),
            isSilent: parts.trunkSilent,
            dial: (to, how) =>
              dialOut({
                ...how,
                onEarlyMedia: (sdp) => onEarlyMedia(sdp, to.offered),
                media,
                onInfo,
                srf: server.srf,
                target: to,
                maxForwards: facts.maxForwards - 1,
                maxMessageBytes: options.maxMessageBytes,
                sessionTimer: options.sessionTimer,
                log,
              }),
            log,
          }),
        openCallee: async () => {
          const own = await parts.createEndpoint(log);
          return {
            media: createMediaSession({
              rtpengine,
              callId: `${callId}-${randomUUID()}`,
              endpoint: own,
              codecs: options.codecs,
              log,
            }),
            player: parts.createPlayer(own, log),
            digits: createPartyDigits({ endpoint: own, inband: options.inbandDigits ?? false }),
          };
        },
        ringing: options.ringing,
        player: parts.createPlayer(endpoint, log),
        digits: createPartyDigits({ endpoint, inband: options.inbandDigits ?? false }),
        recorder: parts.recorder,
        control: parts.control,
        trunk,
        onState: enterCall(parts.directory, callFacts, trunk),
        notifier: parts.notifier,
        createEndpoint: () => parts.createEndpoint(log),
        permitAddress: parts.permitAddress,
        onUserEvent: (event) => userEvents.emit(callId, event),
        facts: callFacts,
        log,
        playableWithinMs: options.playableWithinMs,
      });
      taken.call = call;
      // The far end may have given up while the script was fetched.
      if (farEnd) return call.end(farEnd);
      if (arriving.aborted) return call.end(endOfArrival(arriving.reason));
      await runCall(call, document, log);
    };
    try {
      admitExtensions(facts.headers, options.sessionTimer);
      const { route: chosen, rtpengine } = admit(leg, caller.trunk);
      const taken: TakenCall = {
        ...{ server, rtpengine, arrival: new AbortController(), call: undefined },
        over: Promise.resolve(),
      };
      // From here on it counts, however long its script takes to come.
      calls.set(callId, taken);
      const taking = take(chosen, taken, caller.trunk);
      taken.over = taking.catch(() => undefined);
      await taking;
    } catch (thrown) {
      refuse(leg, asSipreelError(thrown), log, parts.onRefused);
    } finally {
      calls.delete(callId);
      caller.release();
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
      expressions: parts.expressions,
      parseScript: parts.parseScript,
      fetchScript: parts.scripts.fetch,
      ...(options.envs ? { envs: options.envs } : {}),
      ...(parts.aroundMethod ? { aroundMethod: parts.aroundMethod } : {}),
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

  /** Ends a call, or refuses it where its script is not there yet. */
  const endTaken = async ({ call, arrival, over: refused }: TakenCall, end: CallEnd, why: SipreelError) => {
    if (call) return call.end(end);
    arrival.abort(why);
    await refused;
  };

  return {
    invite: (server, request, response) => void handle(server, request, response),
    serverLost({ srf, address }) {
      const reason = `the drachtio-server ${address} is away`;
      const why = new SipreelError('drachtio_away', reason);
      for (const taken of calls.values()) {
        if (taken.server.srf === srf) void endTaken(taken, { result: 'failed', reason, status: 503 }, why);
      }
    },
    health() {
      const running = [...calls.values()];
      return {
        accepting: !draining,
        calls: running.length,
        drachtio: parts.drachtio().map(({ address, ok }) => ({
          address,
          ok,
          calls: running.filter(({ server }) => server.address === address).length,
        })),
        rtpengine: parts.rtpengines.map((each) => ({
          address: nameOf(each),
          ok: each.healthy(),
          calls: running.filter(({ rtpengine }) => rtpengine.address() === nameOf(each)).length,
        })),
        trunks: options.trunks.map(({ name }) => ({
          name,
          up: parts.trunkUp(name),
          inbound_calls: parts.inboundLimits.active(name),
          outbound_calls: parts.outboundLimits.active(name),
        })),
      };
    },
    calls: () => [...calls.values()].flatMap(({ call }) => call ?? []),
    find: (callId) => calls.get(callId)?.call,
    userEvents: { listen: userEvents.listen },
    accepting: () => !draining,
    drain() {
      draining = true;
      return over();
    },
    async hangupAll(reason) {
      draining = true;
      const end: CallEnd = { result: 'shutdown', reason, status: 503 };
      await Promise.all([...calls.values()].map((taken) => endTaken(taken, end, goingDown())));
      await over();
    },
  };
};

const mediaOf = (call: Call | undefined): Call['media'] => {
  if (call) return call.media;
  throw new SipreelError('internal_error', 'an offer before the call');
};

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
