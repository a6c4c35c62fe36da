import { SipreelError } from '../../../errors/error.ts';
import { parameterErrors } from '../check-parameters.ts';
import { parseDocument } from '../document.ts';
import type { SyntaxCheck } from '../expressions/syntax.ts';
import { kindOfDestination } from '../find-destination.ts';
import type { MethodTable } from '../load-steps.ts';
import { isPlainObject, ownValue } from '../path.ts';
import { placeOf, type Step, type SwmlDocument } from '../step.ts';
import { checkExpressions } from './expressions.ts';
import { type Finding, findingOf, warning } from './finding.ts';
import { checkNames } from './names.ts';
import { checkLabels, checkSections } from './references.ts';
import { blocksIn, documentsIn, stepsIn } from './steps.ts';
import { varies } from './texts.ts';
import { checkReachable } from './unreachable.ts';

export interface LintOptions {
  /** What findings call the script. */
  readonly name: string;
  readonly methods: MethodTable;
  /** Refuses what SWML's reference does not have; false by default. */
  readonly strict?: boolean;
  /** Checks JavaScript; without it expressions are not looked at. */
  readonly syntax?: SyntaxCheck;
}

/**
 * Everything that is certain to be wrong with a script before it runs, in the order of its lines. What depends on variables
 * is left to the run. Never throws for what the script holds.
 */
export const lintScript = async (source: string, options: LintOptions): Promise<readonly Finding[]> => {
  const { name, methods, strict, syntax } = options;
  const errors: SipreelError[] = [];
  const findings: Finding[] = [];
  const report = (error: SipreelError): void => void errors.push(error);
  let document: SwmlDocument | undefined;
  try {
    document = parseDocument(source, { name, methods, strict, report });
  } catch (thrown) {
    if (!(thrown instanceof SipreelError)) throw thrown;
    errors.push(thrown);
  }
  // What could not be loaded may hold the label or the section that is missed elsewhere.
  const whole = errors.every(({ details }) => details.strict === true);
  for (const one of document ? documentsIn(document) : []) {
    for (const section of one.sections.values()) {
      for (const step of stepsIn(section.block)) {
        errors.push(...parameterErrors(step, varies), ...checkNames(step));
        if (syntax) errors.push(...(await checkExpressions(step, syntax)));
        findings.push(...adviceFor(step), ...(await lintText(step, one, options)));
      }
      if (whole) for (const block of blocksIn(section)) findings.push(...checkReachable(block));
      const labels = whole ? checkLabels(section) : nothing;
      errors.push(...labels.errors);
      findings.push(...labels.warnings);
    }
    const sections = whole ? checkSections(one) : nothing;
    errors.push(...sections.errors);
    findings.push(...sections.warnings);
  }
  findings.push(...errors.map((error) => findingOf(error, name)));
  return findings.sort((a, b) => a.line - b.line || a.column - b.column);
};

const nothing = { errors: [], warnings: [] } as const;

/** Warnings of the method's own; only where nothing is left to variables. */
const adviceFor = (step: Step): readonly Finding[] => {
  const { method, parameters } = step;
  if (!method.advice || !isPlainObject(parameters) || varies(parameters)) return [];
  const result = method.parameters.safeParse(parameters);
  if (!result.success) return [];
  return method
    .advice(result.data)
    .map(({ parameter, text }) => warning('no_effect', placeOf(step, [parameter]), text));
};

/** The findings in a script that stands in a parameter as text and is read when it runs. */
const lintText = async (step: Step, document: SwmlDocument, options: LintOptions): Promise<readonly Finding[]> => {
  if (step.method.name !== 'execute' && step.method.name !== 'transfer') return [];
  const dest = ownValue(step.parameters, 'dest');
  if (typeof dest !== 'string' || kindOfDestination(dest, document) !== 'script') return [];
  const place = placeOf(step, ['dest']);
  return lintScript(dest, { ...options, name: `${place.script}#${place.path}`, strict: document.strict });
};
