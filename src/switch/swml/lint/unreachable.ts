import { ownValue } from '../path.ts';
import type { Block, Step } from '../step.ts';
import { type Finding, warning } from './finding.ts';
import { blocksOf, stepsIn } from './steps.ts';

/** The first step of a block that can never run, as one before it ends the block, the section or the call for good. */
export const checkReachable = (block: Block): readonly Finding[] => {
  const end = block.steps.findIndex(neverGoesOn);
  const last = block.steps[end];
  const next = block.steps[end + 1];
  if (!last || !next || holdsLabel(next)) return [];
  return [warning('unreachable_step', next.place, `this never runs: ${last.method.name} before it does not come back`)];
};

const neverGoesOn = (step: Step): boolean =>
  step.method.last === true || (step.method.name === 'sleep' && ownValue(step.parameters, 'duration') === -1);

/** True for what a goto can lead to or into. */
const holdsLabel = (step: Step): boolean =>
  step.method.name === 'label' ||
  blocksOf(step).some((block) => [...stepsIn(block)].some(({ method }) => method.name === 'label'));
