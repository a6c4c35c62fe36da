import type { Method } from './method.ts';
import { type Path, printPath } from './path.ts';
import type { ScriptPlace } from './script-error.ts';
import { positionIn, type SourceNode } from './source-node.ts';

/** Marks what loading has made of a parameter, so that variables are not looked for in it. */
const prepared: unique symbol = Symbol('prepared');

/** Steps that run one after the other. */
export interface Block {
  readonly [prepared]: 'block';
  readonly steps: readonly Step[];
  /** The step that holds the block; a section's own block has none. */
  readonly parent?: StepPlace;
}

/** Text that is JavaScript or a variable's name already, without `${}`. */
export interface Bare {
  readonly [prepared]: 'bare';
  readonly text: string;
}

/** A step by its place in a block. */
export interface StepPlace {
  readonly block: Block;
  readonly index: number;
}

/** One step: a method and its parameters before variables are expanded. */
export interface Step {
  readonly method: Method;
  /** Where the method's name stands. */
  readonly place: ScriptPlace;
  readonly parameters: unknown;
  /** The parameters as they were written; undefined where nothing was. */
  readonly source?: SourceNode;
  /** The parameter that was written as the whole value, such as url in `play: URL`. */
  readonly short?: string;
}

export interface Section {
  readonly name: string;
  /** Where its name stands. */
  readonly place: ScriptPlace;
  readonly block: Block;
  readonly labels: ReadonlyMap<string, StepPlace>;
}

/** A script that was read and checked as far as that is possible before it runs. */
export interface SwmlDocument {
  readonly [prepared]: 'document';
  /** The file, the URL without its credentials, or the name that an inline script was given. */
  readonly name: string;
  readonly sections: ReadonlyMap<string, Section>;
  /** It was read as strict, and so are the scripts that it names. */
  readonly strict: boolean;
}

export const makeBlock = (steps: readonly Step[], parent?: StepPlace): Block => ({
  [prepared]: 'block',
  steps,
  ...(parent ? { parent } : {}),
});

export const makeBare = (text: string): Bare => ({ [prepared]: 'bare', text });

export const makeDocument = (name: string, sections: ReadonlyMap<string, Section>, strict: boolean): SwmlDocument => ({
  [prepared]: 'document',
  name,
  sections,
  strict,
});

/** True for what loading has made: steps, bare text, a document. */
export const isPrepared = (value: unknown): value is Block | Bare | SwmlDocument =>
  typeof value === 'object' && value !== null && prepared in value;

export const isBlock = (value: unknown): value is Block => isPrepared(value) && value[prepared] === 'block';
export const isBare = (value: unknown): value is Bare => isPrepared(value) && value[prepared] === 'bare';
export const isDocument = (value: unknown): value is SwmlDocument =>
  isPrepared(value) && value[prepared] === 'document';

/** Where a parameter of a step, or a part of it, stands; the step itself where the parameter was not written. */
export const placeOf = (step: Step, parameter: Path = []): ScriptPlace => {
  if (parameter.length === 0) return step.place;
  const written = step.short !== undefined && step.short === parameter[0] ? parameter.slice(1) : parameter;
  const position =
    (step.source && positionIn(step.source, written)) ?? (step.short === undefined ? undefined : step.source?.at);
  const path = printPath([step.place.path, ...written]);
  return { ...step.place, ...position, path };
};
