import type { Block, Section, Step, StepPlace, SwmlDocument } from './step.ts';

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

/** Goes to a step of the section, into the blocks that hold it; after their ends what follows each of them. */
export const jumpTo = (frame: Frame, place: StepPlace): void => {
  const cursors: Cursor[] = [{ block: place.block, index: place.index }];
  for (let above = place.block.parent; above; above = above.block.parent) {
    cursors.unshift({ block: above.block, index: above.index + 1 });
  }
  frame.cursors.splice(0, frame.cursors.length, ...cursors);
};
