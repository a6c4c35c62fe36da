import { documentOf, parseDocument } from './document.ts';
import { methodTable } from './methods/table.ts';
import type { SourceNode } from './source-node.ts';
import type { SwmlDocument } from './step.ts';

/** Makes scripts of texts. Rejects with what parseScript throws. */
export type ScriptParser = (
  text: string,
  options: { readonly name: string; readonly strict?: boolean | undefined },
) => Promise<SwmlDocument>;

export interface ScriptParserOptions {
  /** Reads large texts elsewhere, so that this thread does not stand still; without it they are read here. */
  readonly read?: (text: string, name: string) => Promise<SourceNode>;
}

/** Texts of more characters are read elsewhere: 1,000 take about 1 ms. */
const largeText = 4_000;
/** How much text is kept with its script, characters: servers that hand out the same script for each call are many. */
const keptText = 4_000_000;

/** A parser that remembers what it was given last. */
export const createScriptParser = ({ read }: ScriptParserOptions = {}): ScriptParser => {
  const kept = new Map<string, SwmlDocument>();
  let size = 0;

  const keep = (key: string, document: SwmlDocument): void => {
    kept.set(key, document);
    size += key.length;
    for (const oldest of kept.keys()) {
      if (size <= keptText) return;
      kept.delete(oldest);
      size -= oldest.length;
    }
  };

  return async (text, { name, strict = false }) => {
    const key = `${strict ? 'strict' : 'lenient'} ${name}\n${text}`;
    const known = kept.get(key);
    if (known) return known;
    const options = { name, strict, methods: methodTable };
    const document =
      read && text.length > largeText ? documentOf(await read(text, name), options) : parseDocument(text, options);
    // Another call may have been as quick.
    if (!kept.has(key)) keep(key, document);
    return document;
  };
};
