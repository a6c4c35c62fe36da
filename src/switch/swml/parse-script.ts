import { parseDocument } from './document.ts';
import { methodTable } from './methods/table.ts';
import type { SwmlDocument } from './step.ts';

/**
 * Reads a script with all of sipreel's methods: YAML or JSON as text, or an object; `name` is what messages call it.
 * Throws SipreelError with a relay_script_* code; script, path, line and column are in its details.
 */
export const parseScript = (
  source: string | object,
  options: { readonly name: string; readonly strict?: boolean | undefined },
): SwmlDocument => parseDocument(source, { name: options.name, methods: methodTable, strict: options.strict });
