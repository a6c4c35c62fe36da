import type { Logger } from 'pino';
import type { SipreelError } from '../../errors/error.ts';
import type { CallPort } from './call-port.ts';
import type { ExpressionEngine } from './expressions/engine.ts';
import { createQuickJsEngine } from './expressions/quickjs-engine.ts';
import { findDestination, mainOf } from './find-destination.ts';
import { createFrame, enterBlock, type Frame, jumpTo, missingLabel, takeStep } from './frame.ts';
import { withAnyCase } from './header-names.ts';
import type { Destination, Flow, StepContext } from './method.ts';
import type { Path } from './path.ts';
import type { ScriptEnd } from './script-end.ts';
import { scriptError } from './script-error.ts';
import type { ScriptHttp } from './script-http.ts';
import { createScriptParser, type ScriptParser } from './script-parser.ts';
import type { ScriptRequest } from './script-source.ts';
import { isDocument, placeOf, type Step, type SwmlDocument } from './step.ts';
import { asScriptError, expressionFailed, notClosed } from './step-failure.ts';
import { bareExpression, type Expansion, expand, maxTextLength } from './template.ts';
import { createTurns, type Turns } from './turns.ts';
import { untilAborted } from './until-aborted.ts';
import { createVariables, type Variables } from './variables.ts';

/** The most steps that one call may run. */
export const maxSteps = 10_000;
/** The most sections that may be executed within one another. */
export const maxExecuteDepth = 32;
/** The most transfers in one call. */
export const maxTransfers = 32;

/** Runs one method of a call's script, for traces. */
export type AroundMethod = <T>(callId: string, method: string, work: () => Promise<T>) => Promise<T>;

export interface RunOptions {
  /** The call's logger. */
  readonly log: Logger;
  /** `envs` of the script. */
  readonly envs?: Readonly<Record<string, unknown>>;
  /** `vars` at the start. */
  readonly vars?: Readonly<Record<string, unknown>>;
  /** `params` of the main section. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** QuickJS, shared by all calls, by default. */
  readonly expressions?: ExpressionEngine;
  /** Fetches the scripts that execute and transfer name by URL; without it they are errors. */
  readonly fetchScript?: (url: string, request: ScriptRequest) => Promise<SwmlDocument>;
  /** Parses the scripts that execute and transfer are given as text; in this thread by default. */
  readonly parseScript?: ScriptParser;
  /** Shared by all calls of the process, by default: what keeps scripts from holding up everything else. */
  readonly turns?: Turns;
  readonly aroundMethod?: AroundMethod;
  /** What the method request uses; without it that is an error. */
  readonly http?: ScriptHttp;
}

const sharedExpressions = createQuickJsEngine();
const sharedTurns = createTurns();
const sharedParser = createScriptParser();

/**
 * Runs a script from its main section against a call. Resolves when it has ended and says how; never rejects.
 * The end of the call ends at once whatever the script waits for.
 */
export const runScript = async (document: SwmlDocument, call: CallPort, options: RunOptions): Promise<ScriptEnd> => {
  const { log } = options;
  const expressions = options.expressions ?? sharedExpressions;
  const headers = withAnyCase(call.facts.headers);
  const variables = createVariables({
    call: () => ({ ...call.facts, headers, call_state: call.state() }),
    ...(options.envs ? { envs: options.envs } : {}),
    ...(options.vars ? { vars: options.vars } : {}),
  });
  const parse = options.parseScript ?? sharedParser;
  const caller = { call, signal: call.signal };
  const turn = (options.turns ?? sharedTurns).script();
  let frames: Frame[] = [];
  let transfers = 0;
  let current: Step | undefined;

  /** The value of `x` in `${x}`. */
  const evaluate = async (step: Step, expression: string, parameter: Path): Promise<unknown> => {
    if (expression === '') return '';
    const wait = turn.next();
    if (wait !== undefined) await wait;
    const reference = variables.lookup(expression);
    if (reference) return reference.value;
    try {
      return await untilAborted(expressions.evaluate(expression, variables.scopes(), caller), call.signal);
    } catch (cause) {
      if (call.signal.aborted) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw expressionFailed(expression, reason, placeOf(step, parameter), cause);
    }
  };

  const expansionOf = (step: Step): Expansion => ({
    resolve: (expression, path) => evaluate(step, expression, path),
    unclosed: (text, path) => notClosed(text, placeOf(step, path)),
    tooLong: (path) =>
      scriptError(
        'relay_script_method_parameter_invalid_value',
        placeOf(step, path),
        `with its variables it has more than ${maxTextLength} characters`,
      ),
  });

  const warn = (error: SipreelError): void => {
    log.warn({ err: error }, 'script warning: the script goes on');
    note(variables, error);
  };

  const contextOf = (step: Step): StepContext => {
    const fail: StepContext['fail'] = (code, parameter, text, cause) =>
      scriptError(code, placeOf(step, parameter), text, {
        ...(cause === undefined ? {} : { cause }),
        details: { method: step.method.name },
      });
    return {
      call,
      log,
      http: options.http,
      get: variables.get,
      set(values) {
        for (const [name, value] of Object.entries(values)) {
          const refusal = variables.set(name, value);
          if (refusal !== undefined) throw fail('relay_script_method_execute_failed', [], `${name} ${refusal}`);
        }
      },
      assign: variables.set,
      unset: variables.unset,
      evaluate: (expression, parameter) => evaluate(step, bareExpression(expression.text), parameter),
      fail,
      warn,
      async runOn(script, on) {
        const { vars, envs, params } = variables.scopes();
        const strict = frames.at(-1)?.document.strict;
        const request = { call: { ...on.facts }, vars, envs, params, signal: on.signal, strict };
        const fetched = isDocument(script) ? script : options.fetchScript?.(script, request);
        if (!fetched) throw fail('relay_script_method_execute_failed', [], 'scripts from URLs are not allowed here');
        return runScript(await untilAborted(fetched, on.signal), on, { ...options, vars });
      },
    };
  };

  const runStep = (step: Step): Promise<Flow> => {
    const work = () => runMethod(step);
    return options.aroundMethod?.(call.facts.call_id, step.method.name, work) ?? work();
  };

  const runMethod = async (step: Step): Promise<Flow> => {
    const parameters = await expand(step.parameters, expansionOf(step));
    const flow = step.method.run(step, parameters, contextOf(step));
    return step.method.stoppedBy === 'call_end' ? untilAborted(flow, call.signal) : flow;
  };

  const frameAt = async (step: Step, { dest, params }: Destination, from: SwmlDocument): Promise<Frame> => {
    const { vars, envs, call: facts } = variables.scopes();
    const fetch = (url: string): Promise<SwmlDocument> | undefined =>
      options.fetchScript?.(url, { call: facts, vars, envs, params, signal: call.signal, strict: from.strict });
    const { document: target, section } = await untilAborted(
      findDestination(dest, from, step, fetch, parse),
      call.signal,
    );
    return createFrame(target, section, params);
  };

  const jump = (frame: Frame, step: Step, label: string, max: number): void => {
    const target = frame.section.labels.get(label);
    if (!target) throw missingLabel(frame.section, step, label);
    const jumped = frame.jumps.get(step) ?? 0;
    if (jumped >= max) return;
    frame.jumps.set(step, jumped + 1);
    jumpTo(frame, target);
  };

  /** Goes where a step leads; the end of the script if that is what it leads to. */
  const follow = async (flow: Flow, frame: Frame, step: Step): Promise<ScriptEnd | undefined> => {
    switch (flow.go) {
      case 'on':
        return undefined;
      case 'into':
        enterBlock(frame, flow.block);
        return undefined;
      case 'to':
        jump(frame, step, flow.label, flow.max);
        return undefined;
      case 'execute': {
        if (frames.length >= maxExecuteDepth) {
          const text = `sections execute one another more than ${maxExecuteDepth} deep`;
          throw scriptError('relay_script_nested_too_deep', step.place, text);
        }
        const called = await frameAt(step, flow, frame.document);
        for (const block of [...flow.after].reverse()) enterBlock(frame, block);
        variables.unset('return_value');
        frames.push(called);
        return undefined;
      }
      case 'transfer':
        if (++transfers > maxTransfers) {
          const text = `the call was transferred more than ${maxTransfers} times`;
          throw scriptError('relay_script_too_many_transfers', step.place, text);
        }
        frames = [await frameAt(step, flow, frame.document)];
        return undefined;
      case 'back':
        contextOf(step).set({ return_value: flow.value });
        frames.pop();
        return undefined;
      case 'hung_up':
        return { result: 'hangup' };
    }
  };

  const runAll = async (): Promise<ScriptEnd> => {
    frames = [createFrame(document, mainOf(document), options.params ?? {})];
    for (let ran = 0; ; ran++) {
      // Whatever a step does with the end of its call, the script ends here.
      if (call.signal.aborted) return { result: 'call_ended' };
      const frame = frames.at(-1);
      if (!frame) return { result: 'completed' };
      const step = takeStep(frame);
      if (!step) {
        frames.pop();
        continue;
      }
      current = step;
      if (ran >= maxSteps) {
        const text = `the script has run ${maxSteps} steps: is there a loop without an end?`;
        throw scriptError('relay_script_method_execute_failed', step.place, text);
      }
      // Not awaited where there is nothing to wait for: others would look at the clock before this step has run.
      const wait = turn.next();
      if (wait !== undefined) await wait;
      variables.useParams(frame.params);
      log.debug({ method: step.method.name, path: step.place.path, line: step.place.line }, 'script step');
      const end = await follow(await runStep(step), frame, step);
      if (end) return end;
    }
  };

  try {
    return await runAll();
  } catch (thrown) {
    if (call.signal.aborted) return { result: 'call_ended' };
    const error = asScriptError(thrown, current);
    log.error({ err: error, method: current?.method.name }, 'script error');
    note(variables, error);
    return { result: 'script_error', error };
  }
};

/** What scripts and their servers see of an error. */
const note = (variables: Variables, error: SipreelError): void => {
  variables.set('script_error', error.code);
  variables.set('script_error_message', error.message);
};
