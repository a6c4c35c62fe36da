import { SipreelError } from '../../errors/error.ts';
import { loadSection, type MethodTable, type Report, reported } from './load-steps.ts';
import { didYouMean } from './nearest-name.ts';
import { printPath } from './path.ts';
import { readSource } from './read-source.ts';
import { type ScriptErrorCode, type ScriptPlace, scriptError, shown } from './script-error.ts';
import { entryOf, kindName, type SourceNode } from './source-node.ts';
import { makeDocument, type Section, type SwmlDocument } from './step.ts';

/** What a script is read with. */
export interface ParseOptions {
  /** What messages call the script: its file, its URL without credentials, or another name. */
  readonly name: string;
  readonly methods: MethodTable;
  /** Refuses what SWML's reference does not have (strict.ts); false by default. */
  readonly strict?: boolean | undefined;
  /** Gets every error, so that what is wrong can be told at once; without it the first error is thrown. */
  readonly report?: Report | undefined;
}

/** The one version of SWML that there is. */
const version = '1.0.0';
const topLevelKeys = ['version', 'sections'];

/**
 * Reads a script: YAML or JSON as text, or an object. Unknown methods are refused here, parameters when their step runs.
 * Throws nothing but SipreelError, with a relay_script_* code and script, path, line and column in its details.
 */
export const parseDocument = (source: string | object, options: ParseOptions): SwmlDocument => {
  const start: ScriptPlace = { script: options.name, path: '', line: 1, column: 1 };
  return guarded(start, () => {
    const node = readSource(typeof source === 'string' ? source : textOfObject(source, start), options.name);
    return documentAt(node, options, '');
  });
};

/** The script that the values of its text make. Throws as parseDocument does. */
export const documentOf = (node: SourceNode, options: ParseOptions): SwmlDocument =>
  guarded({ script: options.name, path: '', line: 1, column: 1 }, () => documentAt(node, options, ''));

/** Whatever goes wrong is an error of the script. */
const guarded = (start: ScriptPlace, parse: () => SwmlDocument): SwmlDocument => {
  try {
    return parse();
  } catch (thrown) {
    if (thrown instanceof SipreelError) throw thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw scriptError('relay_script_parse_internal_error', start, message, { cause: thrown });
  }
};

/** Objects go through text, so that they are checked in the same way and have lines to speak of. */
const textOfObject = (source: object, start: ScriptPlace): string => {
  try {
    return JSON.stringify(source, null, 2);
  } catch (cause) {
    if (cause instanceof RangeError)
      throw scriptError('relay_script_nested_too_deep', start, 'the object is nested too deep');
    throw scriptError(
      'relay_script_parse_error',
      start,
      `no JSON can be made of the object: ${String(cause).split('\n')[0]}`,
      {
        cause,
      },
    );
  }
};

const documentAt = (node: SourceNode, options: ParseOptions, path: string): SwmlDocument => {
  const { strict = false, report } = options;
  const fail = (code: ScriptErrorCode, at: SourceNode['at'], below: string, text: string) =>
    scriptError(
      code,
      { script: options.name, path: [path, below].filter((part) => part !== '').join('.'), ...at },
      text,
    );

  const tell = (error: SipreelError): void => {
    if (!report) throw error;
    report(error);
  };

  if (node.kind !== 'map') {
    const text = `a script is keys with values, sections above all; ${kindName(node)} is given`;
    throw fail('relay_script_element_wrong_type', node.at, '', text);
  }
  for (const { key, keyAt } of node.entries) {
    if (topLevelKeys.includes(key)) continue;
    const text = `a script has version and sections; there is no ${shown(key)}${didYouMean(key, topLevelKeys)}`;
    tell(fail('relay_script_element_undefined', keyAt, key, text));
  }
  const given = entryOf(node, 'version')?.value;
  if (given && (given.kind !== 'scalar' || given.value !== version)) {
    const text = `the version is ${version}; ${kindName(given)} is given`;
    tell(fail('relay_script_version_invalid', given.at, 'version', text));
  }
  const sections = entryOf(node, 'sections')?.value;
  if (!sections || (sections.kind === 'scalar' && sections.value === null)) {
    throw fail('relay_script_sections_missing', sections?.at ?? node.at, '', 'the script has no sections');
  }
  if (sections.kind !== 'map') {
    const text = `sections are names with lists of steps, main above all; ${kindName(sections)} is given`;
    throw fail('relay_script_element_wrong_type', sections.at, 'sections', text);
  }
  if (!entryOf(sections, 'main')) {
    const names = sections.entries.map(({ key }) => key);
    const mistyped = names.length === 0 ? '' : `; there are ${names.join(', ')}`;
    tell(fail('relay_script_main_section_missing', sections.at, 'sections', `there is no section main${mistyped}`));
  }
  const loaded = sections.entries.flatMap(({ key, keyAt, value }): [string, Section][] => {
    const load = {
      strict,
      report,
      place: { script: options.name, path: printPath([path === '' ? 'sections' : `${path}.sections`, key]), ...keyAt },
      methods: options.methods,
      document: (inner: SourceNode, at: string) => innerDocument(inner, options, at),
    };
    const section = reported(report, () => loadSection(key, value, load));
    return section ? [[key, section]] : [];
  });
  return makeDocument(options.name, new Map(loaded), strict);
};

/** A script within a script: as keys and values, or as text in which lines are counted anew. */
const innerDocument = (node: SourceNode, options: ParseOptions, path: string): SwmlDocument =>
  node.kind === 'scalar' && typeof node.value === 'string'
    ? parseDocument(node.value, { ...options, name: `${options.name}#${path}` })
    : documentAt(node, options, path);
