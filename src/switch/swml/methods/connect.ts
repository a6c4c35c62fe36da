import { z } from 'zod';
import { SipreelError } from '../../../errors/error.ts';
import { ringPlan } from '../../call/ring-plan.ts';
import { parseDialAddress, refusalOfHeader } from '../../sip/dial-address.ts';
import { type CallPort, type ConnectTarget, legStates } from '../call-port.ts';
import { defineMethod, onward } from '../method.ts';
import { choice, exactlyOne, flag, httpUrl, number, text, userName } from '../parameter-types.ts';
import { isPlainObject } from '../path.ts';
import { anyCase, either, shaped } from '../shape.ts';
import { confirmScript, loadConfirm } from './connect-confirm.ts';
import { createConnectEvents } from './connect-events.ts';
import { destinationOf, destinationParameters, loadDestination } from './destination.ts';
import { codecNames, offeredBy } from './offered-media.ts';
import { isSilent, playables } from './playable.ts';
import { loadResult, resultBlock } from './result.ts';

/** A number or a sip: URI; nothing in it can become a header. */
const address = () =>
  text('a number or a URI such as sip:1000@192.0.2.1').superRefine((value, check) => {
    try {
      parseDialAddress(value);
    } catch (thrown) {
      if (!(thrown instanceof SipreelError)) throw thrown;
      check.addIssue({ code: 'custom', message: 'it must be a number or a URI such as sip:1000@192.0.2.1' });
    }
  });

/** Headers as SWML writes them, a list of {name, value}; names with values mean the same. */
const headers = () =>
  shaped(
    z
      .preprocess(
        (given) => (isPlainObject(given) ? Object.entries(given).map(([name, value]) => ({ name, value })) : given),
        z
          .array(z.strictObject({ name: text('the name of a header'), value: z.union([z.string(), z.number()]) }), {
            error: 'it must be a list of {name, value}',
          })
          .max(32, { error: 'it may have 32 headers' }),
      )
      .superRefine((list, check) => {
        for (const { name, value } of list) {
          const message = refusalOfHeader(name, String(value));
          if (message !== undefined) check.addIssue({ code: 'custom', message });
        }
      }),
    (own) => either(own, { type: 'object', maxProperties: 32, additionalProperties: { type: ['string', 'number'] } }),
  );

/** How long others ring where nothing else is said, seconds. */
const usualTimeoutS = 60;

const timeout = () => number({ min: 1, max: 3_600, unit: 'seconds' });

/** WebRTC media is what we have none of; scripts may say so. */
const noWebRtc = () =>
  shaped(
    flag().refine((asked) => !asked, { error: 'it may only be false: who is called gets RTP or SRTP' }),
    () => either({ const: false }, { type: 'string', pattern: `^\\s*${anyCase('false')}\\s*$` }),
  );

/** What may be said for all who are called, or for one of them. */
const each = {
  from: address().optional(),
  headers: headers().optional(),
  timeout: timeout().optional(),
  username: userName().optional(),
  password: text('a password').optional(),
  from_name: text('a name').optional(),
  codecs: codecNames().optional(),
  encryption: choice(['mandatory', 'optional', 'forbidden']).optional(),
  session_timeout: number({ min: 1, max: 86_400, unit: 'seconds', whole: true }).optional(),
  webrtc_media: noWebRtc().optional(),
  call_state_url: httpUrl().optional(),
  call_state_events: z.array(choice(legStates), { error: `it must be a list of ${legStates.join(', ')}` }).optional(),
};

const target = () =>
  shaped(
    z.preprocess(
      (given) => (typeof given === 'string' || typeof given === 'number' ? { to: given } : given),
      z.strictObject({ to: address(), ...each }, { error: 'it must be a number, a sip: URI or {to, ...}' }),
    ),
    (own) => either(own, { type: ['string', 'number'], minLength: 1 }),
  );
const targets = () =>
  z
    .array(target(), { error: 'it must be a list of {to, ...}' })
    .min(1, { error: 'it must name one at least' })
    .max(10, { error: 'it may name 10' });

const ways = ['to', 'serial', 'parallel', 'serial_parallel'] as const;

const parameters = exactlyOne(
  z.strictObject({
    to: address().optional(),
    serial: targets().optional(),
    parallel: targets().optional(),
    serial_parallel: z
      .array(targets(), { error: 'it must be a list of lists of {to, ...}' })
      .min(1, { error: 'it must have one list at least' })
      .max(10, { error: 'it may have 10 lists' })
      .optional(),
    ...each,
    max_duration: number({ min: 1, max: 2_147_483, unit: 'seconds' }).default(14_400),
    ringback: playables().optional(),
    answer_on_bridge: flag().default(false),
    confirm: confirmScript().optional(),
    confirm_timeout: timeout().optional(),
    transfer_after_bridge: destinationParameters.dest.optional(),
    status_url: httpUrl().optional(),
    result: resultBlock().optional(),
  }),
  ways,
  `who is called: ${ways.join(', ')}`,
);

type Given = z.output<typeof parameters>;

/** What is said of one counts before what is said for all; headers of both are sent. */
const targetOf = (one: z.output<ReturnType<typeof target>>, all: Given): ConnectTarget => {
  const username = one.username ?? all.username;
  const password = one.password ?? all.password ?? '';
  const url = one.call_state_url ?? all.call_state_url;
  return {
    to: one.to,
    from: one.from ?? all.from,
    headers: Object.fromEntries(
      [...(all.headers ?? []), ...(one.headers ?? [])].map(({ name, value }) => [name, String(value)]),
    ),
    timeoutS: one.timeout ?? all.timeout ?? usualTimeoutS,
    fromName: one.from_name ?? all.from_name,
    offered: offeredBy({ codecs: one.codecs ?? all.codecs, encryption: one.encryption ?? all.encryption }),
    sessionExpiresS: one.session_timeout ?? all.session_timeout,
    ...(username === undefined ? {} : { auth: { username, password } }),
    ...(url === undefined
      ? {}
      : { states: { url, states: one.call_state_events ?? all.call_state_events ?? ['ended'] } }),
  };
};

/**
 * `connect`: rings others and connects the call with the first who answers; goes on when they have hung up, or nobody
 * has answered. Sets connect_result (connected, failed), connect_failed_reason and return_value, which `result` looks at.
 * With `confirm`, who answers is asked by that script first: it is connected if the script comes to its end, and not if it
 * hangs up, fails or takes too long. status_url is told connecting, then connected and disconnected, or failed.
 * call_state_url is told the states of each leg. With transfer_after_bridge the call goes on there once it was connected.
 */
export const connect = defineMethod({
  name: 'connect',
  parameters,
  refused: ['authorization_bearer_token', 'codec', 'custom_parameters', 'name', 'realtime', 'status_url_method'],
  short: { scalar: 'to' },
  load: { result: loadResult, confirm: loadConfirm, transfer_after_bridge: loadDestination },
  stoppedBy: 'call_end',
  async run(given, { call, log, set, unset, runOn }) {
    const { confirm } = given;
    const events = createConnectEvents(call, given.status_url);
    events.connecting();
    const outcome = await call
      .connect({
        groups: ringPlan({ ...given, to: given.to === undefined ? undefined : { to: given.to } }).map((group) =>
          group.map((one) => targetOf(one, given)),
        ),
        maxDurationS: given.max_duration,
        ringback: (given.ringback ?? []).filter((entry) => !isSilent(entry)),
        answerOnBridge: given.answer_on_bridge,
        onConnected: events.connected,
        ...(confirm === undefined
          ? {}
          : {
              confirm: {
                run: async (callee: CallPort) => (await runOn(confirm, callee)).result === 'completed',
                timeoutS: given.confirm_timeout ?? given.timeout ?? usualTimeoutS,
              },
            }),
      })
      .catch((thrown: unknown) => {
        events.over(call.signal.aborted ? 'call_ended' : 'error');
        throw thrown;
      });
    events.over(outcome.result === 'failed' ? outcome.reason : '');
    unset('connect_failed_reason');
    set({ connect_result: outcome.result, return_value: outcome.result });
    if (outcome.result === 'failed') {
      log.info({ reason: outcome.reason, text: outcome.text }, 'connect failed: the script goes on');
      set({ connect_failed_reason: outcome.reason });
    }
    const { transfer_after_bridge: after } = given;
    if (outcome.result === 'connected' && after !== undefined) {
      return { go: 'transfer', ...destinationOf({ dest: after }) };
    }
    return given.result ? { go: 'into', block: given.result } : onward;
  },
});
