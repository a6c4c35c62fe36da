import { pino } from 'pino';
import { SipreelError } from '../../../src/errors/error.ts';
import type { RecordCallParameters } from '../../../src/recorder/recording/parameters.ts';
import type {
  CallPort,
  CollectedDigits,
  ConnectPlan,
  ConnectResult,
  MethodEvent,
  PlayOptions,
  PromptPlan,
  RecordCallResult,
  RecordingChange,
  RecordingEnd,
  ReferPlan,
  ReferResult,
  TapPlan,
  TapResult,
} from '../../../src/switch/swml/call-port.ts';
import { type RunOptions, runScript } from '../../../src/switch/swml/interpreter.ts';
import { parseScript } from '../../../src/switch/swml/parse-script.ts';
import type { ScriptEnd } from '../../../src/switch/swml/script-end.ts';
import { untilAborted } from '../../../src/switch/swml/until-aborted.ts';
import { expectAgreement } from './schema-check.ts';

/** A call that does what the test says and writes down what the script does. */
export interface ScriptedCall {
  readonly port: CallPort;
  /** One line for each thing done, such as `play say:hello`. */
  readonly done: string[];
  readonly recorded: RecordCallParameters[];
  readonly played: PlayOptions[];
  readonly connected: ConnectPlan[];
  readonly prompted: PromptPlan[];
  readonly tapped: TapPlan[];
  readonly referred: ReferPlan[];
  readonly userEvents: unknown[];
  /** What was told to status URLs. */
  readonly told: (MethodEvent & { readonly url: string })[];
  /** Warnings and errors of the log: their code or message. */
  readonly logged: string[];
  /** Tells the script what has become of the recording that was started last. */
  change(change: RecordingChange): void;
  end(): void;
}

export interface Behaviour {
  play?: (urls: readonly string[]) => Promise<void> | void;
  record?: (parameters: RecordCallParameters) => RecordCallResult | Promise<RecordCallResult>;
  recordingEnded?: (controlId: string) => RecordingEnd | Promise<RecordingEnd>;
  stop?: (controlId: string) => 'success' | 'failed' | Promise<'success' | 'failed'>;
  turn?: (controlId: string) => 'success' | 'failed' | Promise<'success' | 'failed'>;
  answer?: () => Promise<void> | void;
  connect?: (plan: ConnectPlan) => ConnectResult | Promise<ConnectResult>;
  prompt?: (urls: readonly string[], plan: PromptPlan) => CollectedDigits | Promise<CollectedDigits>;
  sendDigits?: (digits: string) => 'events' | 'tones' | Promise<'events' | 'tones'>;
  tap?: (plan: TapPlan) => TapResult | Promise<TapResult>;
  stopTap?: (controlId: string) => 'success' | 'failed' | Promise<'success' | 'failed'>;
  refer?: (plan: ReferPlan) => ReferResult | Promise<ReferResult>;
}

export const createScriptedCall = (behaviour: Behaviour = {}): ScriptedCall => {
  const ended = new AbortController();
  const done: string[] = [];
  const recorded: RecordCallParameters[] = [];
  const played: PlayOptions[] = [];
  const connected: ConnectPlan[] = [];
  const prompted: PromptPlan[] = [];
  const tapped: TapPlan[] = [];
  const referred: ReferPlan[] = [];
  const userEvents: unknown[] = [];
  const told: (MethodEvent & { readonly url: string })[] = [];
  let state: 'created' | 'answered' | 'ended' = 'created';
  let recordings = 0;
  let change: ScriptedCall['change'] = () => undefined;
  const end = (): void => {
    state = 'ended';
    ended.abort(new SipreelError('call_ended', 'the call has ended'));
  };
  const port: CallPort = {
    facts: {
      call_id: 'call-1',
      node_id: 'node-1',
      segment_id: 'segment-1',
      direction: 'inbound',
      type: 'sip',
      from: 'sip:+15551234567@example.com',
      to: 'sip:100@example.com',
      headers: { 'x-account': '42' },
    },
    signal: ended.signal,
    state: () => state,
    async answer() {
      if (state !== 'created') return;
      await behaviour.answer?.();
      done.push('answer');
      state = 'answered';
    },
    async hangup(reason) {
      done.push(`hangup ${reason}`);
      end();
    },
    limitDuration: (seconds) => void done.push(`limit ${seconds}`),
    async play(urls, options) {
      done.push(`play ${urls.join(' | ')}`);
      played.push(options);
      await behaviour.play?.(urls);
    },
    async recordCall(parameters, onChange) {
      change = (changed) => onChange?.(changed);
      done.push('record');
      recorded.push(parameters);
      const control_id = parameters.control_id ?? `generated-${++recordings}`;
      return (
        behaviour.record?.(parameters) ?? { result: 'success', control_id, url: `https://r.example/${control_id}` }
      );
    },
    async recordingEnded(controlId) {
      done.push(`wait ${controlId}`);
      return untilAborted(
        behaviour.recordingEnded?.(controlId) ?? { state: 'finished', end_reason: 'end_silence' },
        ended.signal,
      );
    },
    async connect(plan) {
      done.push(`connect ${plan.groups.map((group) => group.map(({ to }) => to).join(' + ')).join(', ')}`);
      connected.push(plan);
      return behaviour.connect?.(plan) ?? { result: 'connected', endedBy: 'peer' };
    },
    async prompt(urls, plan) {
      done.push(`prompt ${urls.join(' | ')}`);
      prompted.push(plan);
      return behaviour.prompt?.(urls, plan) ?? { digits: '1', terminator: '', endedBy: 'max_digits' };
    },
    async sendDigits(digits) {
      done.push(`digits ${digits}`);
      return behaviour.sendDigits?.(digits) ?? 'events';
    },
    async tap(plan) {
      done.push(`tap ${plan.direction} ${plan.to.address} ${plan.to.port}`);
      tapped.push(plan);
      const control_id = plan.controlId ?? 'generated';
      return behaviour.tap?.(plan) ?? { result: 'success', control_id, source: { address: '192.0.2.9', port: 40_000 } };
    },
    async stopTap(controlId) {
      done.push(`stop tap ${controlId}`);
      return behaviour.stopTap?.(controlId) ?? 'success';
    },
    async refer(plan) {
      done.push(`refer ${plan.to}`);
      referred.push(plan);
      return behaviour.refer?.(plan) ?? { responseCode: 202, notifyCode: 200, reason: 'it was answered' };
    },
    userEvent: (event) => void userEvents.push(event),
    tell: (url, event) => void told.push({ url, ...event }),
    async stopRecordCall(controlId) {
      done.push(`stop ${controlId}`);
      return behaviour.stop?.(controlId) ?? 'success';
    },
    async pauseRecordCall(controlId, behavior) {
      done.push(`pause ${controlId} ${behavior}`);
      return behaviour.turn?.(controlId) ?? 'success';
    },
    async resumeRecordCall(controlId) {
      done.push(`resume ${controlId}`);
      return behaviour.turn?.(controlId) ?? 'success';
    },
  };
  const seen = { done, recorded, played, connected, prompted, tapped, referred, userEvents, told };
  return { port, ...seen, logged: [], change: (changed) => change(changed), end };
};

/** Runs a script (sections, or the steps of main) and gives what was done and how it ended. */
export const run = async (
  script: string,
  call: ScriptedCall = createScriptedCall(),
  options: Partial<RunOptions> = {},
): Promise<Ran> => {
  // Every script of the tests is one that lint and the JSON Schema have to agree on.
  await expectAgreement(textOf(script));
  return runUnchecked(script, call, options);
};

interface Ran {
  readonly call: ScriptedCall;
  readonly end: ScriptEnd;
  readonly done: string[];
}

const textOf = (script: string): string => (/^sections:|^\{/m.test(script) ? script : `sections:\n  main:\n${script}`);

/** Runs a script without a look at it by lint and the schema. */
export const runUnchecked = async (
  script: string,
  call: ScriptedCall,
  options: Partial<RunOptions> = {},
): Promise<Ran> => {
  const log = pino(
    { level: 'warn' },
    {
      write: (line: string) => {
        const { err, msg } = JSON.parse(line) as { err?: { code?: string }; msg: string };
        call.logged.push(err?.code ?? msg);
      },
    },
  );
  const end = await runScript(parseScript(textOf(script), { name: 'test.yaml' }), call.port, { log, ...options });
  return { call, end, done: call.done };
};

/** The error with which a script ended; fails if it did not. */
export const errorOf = (end: ScriptEnd): SipreelError => {
  if (end.result !== 'script_error') throw new Error(`the script ended with ${end.result}, not with an error`);
  return end.error;
};
