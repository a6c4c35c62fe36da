import type { SipreelError } from '../../errors/error.ts';
import { didYouMean } from './nearest-name.ts';
import { scriptError, shown } from './script-error.ts';
import { type Block, placeOf, type Section, type Step, type StepPlace, type SwmlDocument } from './step.ts';

/** A section that runs: where it is in its blocks, the innermost last. */
export interface Frame {
  readonly document: SwmlDocument;
  readonly section: Section;
  readonly params: Readonly<Record<string, unknown>>;
  /** The next step of each block. */
  readonly cursors: Cursor[];
  /** How often each goto has jumped since the section began. */
  readonly jumps: Map<Step, number>;
}

interface Cursor {
  readonly block: Block;
  index: number;
}

/** A section at its first step. */
export const createFrame = (
  document: SwmlDocument,
  section: Section,
  params: Readonly<Record<string, unknown>>,
): Frame => ({ document, section, params, cursors: [{ block: section.block, index: 0 }], jumps: new Map() });

/** The frame's next step, or undefined at its end. */
export const takeStep = (frame: Frame): Step | undefined => {
  for (;;) {
    const cursor = frame.cursors.at(-1);
    if (!cursor) return undefined;
    const step = cursor.block.steps[cursor.index++];
    if (step) return step;
    frame.cursors.pop();
  }
};

/** Goes into a block; what follows the current step comes after it. */
export const enterBlock = (frame: Frame, block: Block): void => {
  frame.cursors.push({ block, index: 0 });
};

/** The error for a label that is not there. */
export const missingLabel = (section: Section, step: Step, label: string): SipreelError => {
  const names = [...section.labels.keys()];
  const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
  const text = `the section ${section.name} has no label ${shown(label)}${didYouMean(label, names)}; ${known}`;
  return scriptError('relay_script_method_parameter_invalid_value', placeOf(step, ['label']), text);
};

/** Goes to a step of the section, into the blocks that hold it; after their ends what follows each of them. */
export const jumpTo = (frame: Frame, place: StepPlace): void => {
  const cursors: Cursor[] = [{ block: place.block, index: place.index }];
  for (let above = place.block.parent; above; above = above.block.parent) {
    cursors.unshift({ block: above.block, index: above.index + 1 });
  }
  frame.cursors.splice(0, frame.cursors.length, ...cursors);
};
