import type { SipreelError } from '../../../errors/error.ts';
import { kindOfDestination, missingSection } from '../find-destination.ts';
import { missingLabel } from '../frame.ts';
import { isPlainObject, ownValue } from '../path.ts';
import { placeOf, type Section, type Step, type SwmlDocument } from '../step.ts';
import { type Finding, warning } from './finding.ts';
import { stepsIn } from './steps.ts';
import { varies } from './texts.ts';

interface Found {
  readonly errors: readonly SipreelError[];
  readonly warnings: readonly Finding[];
}

/** Labels that goto names and are not there, and those that are there for nothing. */
export const checkLabels = (section: Section): Found => {
  const gotos = [...stepsIn(section.block)].filter(({ method }) => method.name === 'goto');
  const names = gotos.map((step) => ownValue(step.parameters, 'label'));
  const errors = gotos.flatMap((step, index) => {
    const name = names[index];
    if (name === undefined || typeof name === 'object' || varies(name)) return [];
    return section.labels.has(String(name)) ? [] : [missingLabel(section, step, String(name))];
  });
  if (names.some(varies)) return { errors, warnings: [] };
  const used = new Set(names.map(String));
  const unused = [...section.labels].filter(([name]) => !used.has(name));
  return {
    errors,
    warnings: unused.flatMap(([name, { block, index }]) => {
      const step = block.steps[index];
      if (!step || varies(name)) return [];
      return [warning('unused_label', step.place, `no goto of this section names the label ${JSON.stringify(name)}`)];
    }),
  };
};

/** Sections that execute and transfer name and are not there, and those that are there for nothing. */
export const checkSections = (document: SwmlDocument): Found => {
  const steps = [...document.sections.values()].flatMap((section) => [...stepsIn(section.block)]);
  const named = steps.flatMap((step) => (leadsOn(step) ? [{ step, dest: ownValue(step.parameters, 'dest') }] : []));
  const errors = named.flatMap(({ step, dest }) => {
    if (typeof dest !== 'string' || varies(dest) || dest.trim() === '') return [];
    const missing = kindOfDestination(dest, document) === 'unknown';
    return missing ? [missingSection(dest, document, placeOf(step, ['dest']))] : [];
  });
  // Where all parameters are a variable, the section may be any.
  const open = steps.some((step) => leadsOn(step) && !isPlainObject(step.parameters));
  if (open || named.some(({ dest }) => varies(dest))) return { errors, warnings: [] };
  const used = new Set(named.map(({ dest }) => dest));
  const unused = [...document.sections.values()].filter(({ name }) => name !== 'main' && !used.has(name));
  return {
    errors,
    warnings: unused.map(({ name, place }) =>
      warning('unused_section', place, `nothing in this script executes or transfers to ${JSON.stringify(name)}`),
    ),
  };
};

const leadsOn = ({ method }: Step): boolean => method.name === 'execute' || method.name === 'transfer';
