import { SipreelError } from '../../errors/error.ts';
import type { Method, StepLoader } from './method.ts';
import { didYouMean } from './nearest-name.ts';
import { type Path, printPath } from './path.ts';
import { type ScriptErrorCode, type ScriptPlace, scriptError, shown } from './script-error.ts';
import { kindName, plainValue, type SourceNode } from './source-node.ts';
import { type Block, makeBare, makeBlock, type Section, type Step, type StepPlace, type SwmlDocument } from './step.ts';
import { type ExtensionForm, refusalOfForm, refusalOfMethod, refusalOfParameter, refusalOfValue } from './strict.ts';

/** The methods that a script may use, and those of the language that it may not use yet. */
export interface MethodTable {
  readonly known: ReadonlyMap<string, Method>;
  /** Methods of SWML's reference that are not there: named as such, as they are no typing errors. */
  readonly absent: ReadonlySet<string>;
}

export interface LoadOptions {
  /** Where the section's name stands; its path is such as `sections.main`. */
  readonly place: ScriptPlace;
  readonly methods: MethodTable;
  /** Loads a whole script that stands within the script. */
  readonly document: (node: SourceNode, path: string) => SwmlDocument;
  /** Refuses what SWML's reference does not have; see strict.ts. */
  readonly strict: boolean;
  /** Gets every error, and steps that have one are left out; without it the first error is thrown. */
  readonly report?: Report | undefined;
}

export type Report = (error: SipreelError) => void;

/** What `load` gives; undefined if it failed and the error was reported. */
export const reported = <T>(report: Report | undefined, load: () => T): T | undefined => {
  if (!report) return load();
  try {
    return load();
  } catch (thrown) {
    if (!(thrown instanceof SipreelError)) throw thrown;
    report(thrown);
    return undefined;
  }
};

/**
 * Loads one section: short forms become whole ones, methods are looked up, blocks within steps are loaded too.
 * Throws relay_script_section_code_missing, _element_*, _method_missing_name and _method_undefined.
 */
export const loadSection = (name: string, node: SourceNode, options: LoadOptions): Section => {
  const { place: sectionPlace, strict, report } = options;
  const { script, path: sectionPath } = sectionPlace;
  const labels = new Map<string, StepPlace>();

  const fail = (code: ScriptErrorCode, at: SourceNode | ScriptPlace, path: string, text: string) => {
    const { line, column } = 'at' in at ? at.at : at;
    return scriptError(code, { script, path, line, column }, text);
  };

  /** Tells of what a strict script may not have; the step is loaded all the same if errors are reported. */
  const refuse = (code: ScriptErrorCode, at: SourceNode | ScriptPlace, path: string, reason: string | undefined) => {
    if (!strict || reason === undefined) return;
    reported(report, () => {
      const { line, column } = 'at' in at ? at.at : at;
      const text = `this script is to be strict: ${reason}`;
      throw scriptError(code, { script, path, line, column }, text, { details: { strict: true } });
    });
  };

  /** The nodes of the steps: a list, or one step that stands for a list of one. */
  const stepNodes = (from: SourceNode): readonly SourceNode[] | undefined => {
    if (from.kind === 'list') return from.items;
    if (from.kind === 'map') return from.entries.length === 0 ? [] : [from];
    if (from.value === null) return [];
    return typeof from.value === 'string' ? [from] : undefined;
  };

  const loadBlock = (from: SourceNode, path: string, parent?: StepPlace): Block => {
    const nodes = stepNodes(from);
    if (!nodes)
      throw fail('relay_script_element_wrong_type', from, path, `a list of steps is due; ${kindName(from)} is given`);
    if (from.kind !== 'list') refuse('relay_script_element_wrong_type', from, path, refusalOfForm('step_for_steps'));
    const steps: Step[] = [];
    const block = makeBlock(steps, parent);
    for (const [index, item] of nodes.entries()) {
      const itemPath = from.kind === 'list' ? `${path}[${index}]` : path;
      const step = reported(report, () => loadStep(item, itemPath, { block, index: steps.length }));
      if (step) steps.push(step);
    }
    return block;
  };

  const loadStep = (from: SourceNode, path: string, at: StepPlace): Step => {
    const { written, place, source } = nameOf(from, path);
    const method = methodOf(written, place);
    const step = stepOf(method, place, source, at);
    if (method.name === 'label') addLabel(step, at);
    return step;
  };

  const nameOf = (from: SourceNode, path: string): { written: string; place: ScriptPlace; source?: SourceNode } => {
    if (from.kind === 'scalar' && typeof from.value === 'string' && from.value.trim() !== '') {
      const written = from.value.trim();
      refuse('relay_script_element_wrong_type', from, path, refusalOfForm('text_for_step'));
      return { written, place: { script, path: `${path}.${written}`, ...from.at } };
    }
    if (from.kind === 'map') {
      const [entry, second] = from.entries;
      if (entry && second) {
        const names = from.entries.map(({ key }) => key).join(', ');
        const text = `a step names one method; this one has ${names}: begin each with "- ", or indent what are parameters`;
        throw fail('relay_script_element_invalid_value', from, path, text);
      }
      if (entry && entry.key.trim() !== '') {
        const { key, keyAt, value } = entry;
        return { written: key, place: { script, path: printPath([path, key]), ...keyAt }, source: value };
      }
    }
    const missing = from.kind === 'map' || (from.kind === 'scalar' && (from.value === null || from.value === ''));
    if (missing) throw fail('relay_script_method_missing_name', from, path, 'a step needs the name of a method');
    const text = `a step is a method with its parameters; ${kindName(from)} is given`;
    throw fail('relay_script_element_wrong_type', from, path, text);
  };

  const methodOf = (written: string, place: ScriptPlace): Method => {
    const { known, absent } = options.methods;
    const method = known.get(written);
    if (method) {
      refuse('relay_script_method_undefined', place, place.path, refusalOfMethod(written));
      return method;
    }
    const list = [...known.keys()].sort().join(', ');
    const text = absent.has(written)
      ? `${written} is a method of SWML that sipreel does not have; it has ${list}`
      : `there is no method ${shown(written)}${didYouMean(written, [...known.keys(), ...absent])}; there are ${list}`;
    throw scriptError('relay_script_method_undefined', place, text, { details: { method: written } });
  };

  const stepOf = (method: Method, place: ScriptPlace, source: SourceNode | undefined, at: StepPlace): Step => {
    const short = shortOf(method, source);
    const written: (readonly [string, SourceNode])[] = [];
    if (source && short !== undefined) written.push([short, source]);
    else if (source?.kind === 'map') written.push(...source.entries.map(({ key, value }) => [key, value] as const));
    if (strict && source) refuseForms(method, place, source, short, written);
    const isNothing = source === undefined || (source.kind === 'scalar' && source.value === null);
    const loaded = written.map(([key, value]) => {
      const path = short === undefined ? [key] : [];
      const load = method.load?.[key] ?? ((given: SourceNode) => plainValue(given));
      return [key, load(value, loaderFor(place, at), path)];
    });
    // What is neither parameters nor a short form is refused when the step runs: it may be a ${variable} of an object.
    const parameters =
      written.length > 0 || isNothing || source.kind === 'map' ? Object.fromEntries(loaded) : plainValue(source);
    return { method, place, parameters, ...(source ? { source } : {}), ...(short === undefined ? {} : { short }) };
  };

  const refuseForms = (
    method: Method,
    place: ScriptPlace,
    source: SourceNode,
    short: string | undefined,
    written: readonly (readonly [string, SourceNode])[],
  ): void => {
    const refuseValue = (form: ExtensionForm) =>
      refuse('relay_script_method_parameter_invalid_value', source, place.path, refusalOfForm(form));
    if (method.whole === undefined && source.kind !== 'map') {
      if (source.kind === 'scalar' && source.value === null) refuseValue('nothing_for_parameters');
      else if (short === undefined) refuseValue('variable_for_parameters');
      else if (method.short?.standard !== true) refuseValue('value_for_parameters');
    }
    for (const [parameter, value] of written) {
      const path = printPath(short === undefined ? [place.path, parameter] : [place.path]);
      const own = refusalOfParameter(method.name, parameter);
      refuse('relay_script_method_parameter_undefined', value, path, own);
      const way = refusalOfValue(method.name, parameter, value.kind);
      if (short === undefined || method.whole !== undefined)
        refuse('relay_script_method_parameter_invalid_value', value, path, way);
    }
  };

  const loaderFor = (place: ScriptPlace, at: StepPlace): StepLoader => {
    const pathOf = (path: Path): string => printPath([place.path, ...path]);
    return {
      block: (node, path) => loadBlock(node, pathOf(path), at),
      bare: (node) => (node.kind === 'scalar' && node.value !== null ? makeBare(String(node.value)) : plainValue(node)),
      document: (node, path) => options.document(node, pathOf(path)),
      plain: plainValue,
      made: (method, parameters, path) => ({ method, parameters, place: { ...place, path: pathOf(path) } }),
      joined: (steps) => makeBlock(steps, at),
    };
  };

  const addLabel = (step: Step, at: StepPlace): void => {
    const label = labelOf(step);
    if (label === undefined) return;
    if (labels.has(label)) {
      const text = `the label ${shown(label)} stands in this section twice`;
      throw scriptError('relay_script_element_duplicated', step.place, text);
    }
    labels.set(label, at);
  };

  const block = loadBlock(node, sectionPath);
  if (block.steps.length === 0 && stepNodes(node)?.length === 0) {
    throw fail('relay_script_section_code_missing', node, sectionPath, 'the section has no steps');
  }
  return { name, place: sectionPlace, block, labels };
};

const shortOf = (method: Method, source: SourceNode | undefined): string | undefined => {
  if (!source) return undefined;
  if (method.whole !== undefined) return method.whole;
  if (source.kind === 'list') return method.short?.list;
  return source.kind === 'scalar' && source.value !== null ? method.short?.scalar : undefined;
};

const labelOf = (step: Step): string | undefined => {
  const { parameters } = step;
  if (typeof parameters !== 'object' || parameters === null || !('label' in parameters)) return undefined;
  const { label } = parameters;
  return typeof label === 'string' || typeof label === 'number' ? String(label) : undefined;
};
