import type { Logger } from 'pino';
import type { z } from 'zod';
import type { SipreelError } from '../../errors/error.ts';
import type { CallPort } from './call-port.ts';
import { checkParameters } from './check-parameters.ts';
import type { Path } from './path.ts';
import type { ScriptEnd } from './script-end.ts';
import type { ScriptErrorCode } from './script-error.ts';
import type { ScriptHttp } from './script-http.ts';
import type { SourceNode } from './source-node.ts';
import type { Bare, Block, Step, SwmlDocument } from './step.ts';

/** What comes after a step. */
export type Flow =
  /** The next step. */
  | { readonly go: 'on' }
  /** The steps of a block, then the next step. */
  | { readonly go: 'into'; readonly block: Block }
  /** A label of the same section, at most `max` times from this step. */
  | { readonly go: 'to'; readonly label: string; readonly max: number }
  /** Another section or script, then `after`, then the next step. */
  | ({ readonly go: 'execute'; readonly after: readonly Block[] } & Destination)
  /** Another section or script, for good. */
  | ({ readonly go: 'transfer' } & Destination)
  /** Back to the step after `execute`, or the end of the script. */
  | { readonly go: 'back'; readonly value: unknown }
  /** The script has hung up. */
  | { readonly go: 'hung_up' };

export interface Destination {
  /** A section's name, an http(s) URL, a script as text, or a script that was loaded with its document. */
  readonly dest: string | SwmlDocument;
  readonly params: Readonly<Record<string, unknown>>;
}

export const onward: Flow = { go: 'on' };

/** What a running step can reach. */
export interface StepContext {
  readonly call: CallPort;
  readonly log: Logger;
  /** HTTP requests to servers that scripts name; undefined where they are not allowed. */
  readonly http: ScriptHttp | undefined;
  /** A variable of vars, undefined where unset. */
  get(name: string): unknown;
  /** Sets variables of vars. Throws relay_script_method_execute_failed where there is no room left. */
  set(values: Readonly<Record<string, unknown>>): void;
  /** Sets or unsets a variable that the script names; gives the reason if that is refused. */
  assign(name: string, value: unknown): string | undefined;
  unset(name: string): string | undefined;
  /** The value of bare JavaScript or a variable's name. Throws relay_script_js_eval_error. */
  evaluate(expression: Bare, parameter: Path): Promise<unknown>;
  /** An error at a parameter of this step. */
  fail(code: ScriptErrorCode, parameter: Path, text: string, cause?: unknown): SipreelError;
  /** Tells of an error that does not end the script: in the log and in script_error. */
  warn(error: SipreelError): void;
  /**
   * Runs another script, from a URL or one that was loaded with this one, against another call. It has the variables of
   * this one as they are now; what it sets is its own. Rejects with a SipreelError where the script can't be had.
   */
  runOn(script: string | SwmlDocument, call: CallPort): Promise<ScriptEnd>;
}

/** What a method's parameters are loaded with. Paths are counted from the step's parameters. */
export interface StepLoader {
  /** Steps: a list, or one of them. Throws for unknown methods in it. */
  block(node: SourceNode, path: Path): Block;
  /** Bare text, if the node is a scalar; else its plain value, which the method's schema refuses. */
  bare(node: SourceNode): unknown;
  /** A whole script within the script. */
  document(node: SourceNode, path: Path): SwmlDocument;
  plain(node: SourceNode): unknown;
  /** A step that the script did not write as one. */
  made(method: Method, parameters: unknown, path: Path): Step;
  /** A block of such steps. */
  joined(steps: readonly Step[]): Block;
}

/** How one parameter is made of what was written; the default takes the plain value and looks for `${}` in it. */
export type ParameterLoader = (node: SourceNode, loader: StepLoader, path: Path) => unknown;

export interface Advice {
  readonly parameter: string;
  readonly text: string;
}

export interface MethodDefinition<Schema extends z.ZodType> {
  readonly name: string;
  /** Parameters after variables were expanded: types, what is allowed, defaults. */
  readonly parameters: Schema;
  /**
   * The parameter that a scalar or a list stands for: `play: URL` is `play: {url: URL}`. Strict scripts have it only where
   * SWML's reference knows it too (`standard`).
   */
  readonly short?: { readonly scalar?: string; readonly list?: string; readonly standard?: true };
  /** The one parameter that the whole value is, whatever it is. */
  readonly whole?: string;
  readonly load?: Readonly<Record<string, ParameterLoader>>;
  /** What ends it before it is done: the end of the call; or nothing, as it waits for nothing that could be ended. */
  readonly stoppedBy: 'call_end' | 'nothing';
  /** True if the next step of the block never runs. */
  readonly last?: true;
  /** What has no effect as it is written: the parameter, and why in words. */
  advice?(parameters: z.output<Schema>): readonly Advice[];
  run(parameters: z.output<Schema>, context: StepContext): Flow | Promise<Flow>;
}

/** A method of the language as the interpreter sees it. */
export interface Method extends Omit<MethodDefinition<z.ZodType>, 'run'> {
  /** Checks the expanded parameters and runs. Throws the relay_script_method_parameter_* errors. */
  run(step: Step, expanded: unknown, context: StepContext): Flow | Promise<Flow>;
}

export const defineMethod = <Schema extends z.ZodType>(definition: MethodDefinition<Schema>): Method => ({
  ...definition,
  run: (step, expanded, context) => definition.run(checkParameters(definition.parameters, expanded, step), context),
});
