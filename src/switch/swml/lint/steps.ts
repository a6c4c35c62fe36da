import { isPlainObject } from '../path.ts';
import { type Block, isBlock, isDocument, isPrepared, type Section, type Step, type SwmlDocument } from '../step.ts';

/** What loading has made of the parameters of a step: the blocks in it, and the scripts. */
const preparedIn = function* (value: unknown): Generator<Block | SwmlDocument> {
  if (isBlock(value) || isDocument(value)) yield value;
  else if (isPrepared(value)) return;
  else if (Array.isArray(value)) for (const item of value) yield* preparedIn(item);
  else if (isPlainObject(value)) for (const item of Object.values(value)) yield* preparedIn(item);
};

/** The blocks that a step holds. */
export const blocksOf = (step: Step): readonly Block[] => [...preparedIn(step.parameters)].filter(isBlock);

/** The steps of a block and of the blocks in it, in the order in which they are written. */
export const stepsIn = function* (block: Block): Generator<Step> {
  for (const step of block.steps) {
    yield step;
    for (const inner of blocksOf(step)) yield* stepsIn(inner);
  }
};

/** The blocks of a section, the innermost after those that hold them. */
export const blocksIn = function* (section: Section): Generator<Block> {
  yield section.block;
  for (const step of stepsIn(section.block)) yield* blocksOf(step);
};

/** A script and those that stand in it. */
export const documentsIn = function* (document: SwmlDocument): Generator<SwmlDocument> {
  yield document;
  for (const section of document.sections.values()) {
    for (const step of stepsIn(section.block)) {
      for (const found of preparedIn(step.parameters)) if (isDocument(found)) yield* documentsIn(found);
    }
  }
};
