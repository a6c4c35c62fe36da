import type { SipreelError } from '../../errors/error.ts';
import { didYouMean } from './nearest-name.ts';
import { type ScriptPlace, scriptError, shown } from './script-error.ts';
import type { ScriptParser } from './script-parser.ts';
import { isDocument, placeOf, type Section, type Step, type SwmlDocument } from './step.ts';

/** The section in which a script starts; loading has seen to it that there is one. */
export const mainOf = (document: SwmlDocument): Section => {
  const main = document.sections.get('main');
  if (!main) throw new TypeError(`the loaded script ${document.name} has no section main`);
  return main;
};

/**
 * What execute and transfer name: a section of the same script, a script from a URL, or a script as text.
 * Throws relay_script_section_parameter_undefined, relay_script_method_execute_failed and what parsing throws.
 */
export const findDestination = async (
  dest: string | SwmlDocument,
  from: SwmlDocument,
  step: Step,
  fetch: (url: string) => Promise<SwmlDocument> | undefined,
  parse: ScriptParser,
): Promise<{ readonly document: SwmlDocument; readonly section: Section }> => {
  const atMain = (document: SwmlDocument) => ({ document, section: mainOf(document) });
  if (isDocument(dest)) return atMain(dest);
  const place = placeOf(step, ['dest']);
  const section = from.sections.get(dest);
  if (section) return { document: from, section };
  switch (kindOfDestination(dest, from)) {
    case 'url': {
      const document = await fetch(dest);
      if (document) return atMain(document);
      throw scriptError('relay_script_method_execute_failed', place, 'scripts from URLs are not allowed here');
    }
    case 'script':
      return atMain(await parse(dest, { name: `${place.script}#${place.path}`, strict: from.strict }));
    default:
      throw missingSection(dest, from, place);
  }
};

/** What a text is that execute and transfer are given. */
export const kindOfDestination = (dest: string, from: SwmlDocument): 'section' | 'url' | 'script' | 'unknown' => {
  if (from.sections.has(dest)) return 'section';
  if (/^https?:\/\//i.test(dest)) return 'url';
  return /^\s*\{|\n|^\s*sections:/.test(dest) ? 'script' : 'unknown';
};

/** The error for a section that is not there. */
export const missingSection = (dest: string, from: SwmlDocument, place: ScriptPlace): SipreelError => {
  const names = [...from.sections.keys()];
  const text = `there is no section ${shown(dest)}${didYouMean(dest, names)}; there are ${names.join(', ')}`;
  return scriptError('relay_script_section_parameter_undefined', place, text);
};
