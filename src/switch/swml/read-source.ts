import {
  type Alias,
  Composer,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type Scalar,
} from 'yaml';
import { type Position, type ScriptPlace, scriptError, shown } from './script-error.ts';
import type { SourceEntry, SourceNode } from './source-node.ts';

/** The largest script, bytes of UTF-8. */
export const maxScriptBytes = 1_048_576;
/** The deepest nesting of lists and maps. */
export const maxScriptDepth = 100;
/** The most values in a script, aliases counted as what they stand for. */
export const maxScriptValues = 100_000;
/** The most words and signs of YAML in a script: bounds the time that reading takes. */
const maxLexemes = 200_000;

interface Source {
  readonly script: string;
  readonly lines: LineCounter;
}

const positionAt = (source: Source, offset: number): Position => {
  const { line, col } = source.lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
};

const placeAt = (source: Source, offset: number): ScriptPlace => ({
  script: source.script,
  path: '',
  ...positionAt(source, offset),
});

/**
 * Reads YAML or JSON into values with their places.
 * Throws relay_script_parse_error, relay_script_nested_too_deep or relay_script_element_duplicated.
 */
export const readSource = (text: string, script: string): SourceNode => {
  const source: Source = { script, lines: new LineCounter() };
  const start: ScriptPlace = { script, path: '', line: 1, column: 1 };
  const bytes = Buffer.byteLength(text);
  if (bytes > maxScriptBytes) {
    throw scriptError(
      'relay_script_parse_error',
      start,
      `the script has ${bytes} bytes; ${maxScriptBytes} are allowed`,
    );
  }
  const tokens = tokensOf(text, source);
  const [document, second] = [
    ...new Composer({ schema: 'core', uniqueKeys: false }).compose(tokens, true, text.length),
  ];
  const broken = document?.errors[0];
  if (broken) {
    throw scriptError('relay_script_parse_error', placeAt(source, broken.pos[0]), broken.message, { cause: broken });
  }
  if (second) {
    throw scriptError(
      'relay_script_parse_error',
      placeAt(source, second.range[0]),
      'a second document; a script is one',
    );
  }
  if (!document?.contents) throw scriptError('relay_script_parse_error', start, 'the script is empty');
  return createReader(source)(document.contents);
};

/**
 * The tokens of the text. Depth is checked here, where the parser keeps a stack of its own: what comes after calls
 * itself for each level, and to run out of stack there can end the process.
 */
const tokensOf = (text: string, source: Source) => {
  const parser = new Parser(source.lines.addNewLine);
  source.lines.addNewLine(0);
  const tokens = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexemes > maxLexemes) {
      throw scriptError('relay_script_parse_error', placeAt(source, parser.offset), 'the script has too many elements');
    }
    for (const token of parser.next(lexeme)) tokens.push(token);
    // Two more than the collections: the document and a scalar.
    if (parser.stack.length > maxScriptDepth + 2) throw tooDeep(placeAt(source, parser.offset));
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
};

const tooDeep = (place: ScriptPlace) =>
  scriptError('relay_script_nested_too_deep', place, `lists and keys are nested over ${maxScriptDepth} levels deep`);

/** A function from YAML nodes to ours; it knows the anchors that came before. */
const createReader = (source: Source) => {
  // undefined while the anchored value itself is being read.
  const anchors = new Map<string, SourceNode | undefined>();
  const offsetOf = (node: unknown): number => (node as { range?: readonly number[] }).range?.[0] ?? 0;

  const read = (node: unknown): SourceNode => {
    if (isAlias(node)) return readAlias(node);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) anchors.set(anchor, undefined);
    const value = readValue(node);
    if (anchor !== undefined) anchors.set(anchor, value);
    return value;
  };

  const readAlias = (node: Alias): SourceNode => {
    const target = anchors.get(node.source);
    if (target !== undefined) return target;
    const why = anchors.has(node.source) ? 'stands inside the value that it names' : 'names no anchor before it';
    throw scriptError(
      'relay_script_parse_error',
      placeAt(source, offsetOf(node)),
      `the alias *${node.source} ${why} (write text that begins with * in quotes)`,
    );
  };

  const readValue = (node: unknown): SourceNode => {
    const at = positionAt(source, offsetOf(node));
    if (isSeq(node)) {
      const items = node.items.map(read);
      return measured({ kind: 'list', items, at }, items);
    }
    if (isMap(node)) {
      const entries = readEntries(node.items, at);
      return measured(
        { kind: 'map', entries, at },
        entries.map(({ value }) => value),
      );
    }
    if (isScalar(node)) return { kind: 'scalar', value: scalarValue(node), at, size: 1, depth: 0 };
    if (node === null || node === undefined) return { kind: 'scalar', value: null, at, size: 1, depth: 0 };
    throw scriptError('relay_script_parse_error', { script: source.script, path: '', ...at }, 'not a value of JSON');
  };

  const readEntries = (items: readonly unknown[], at: Position): SourceEntry[] => {
    const entries = new Map<string, SourceEntry>();
    for (const item of items) {
      const key = isPair(item) ? keyText(item.key) : undefined;
      if (!isPair(item) || key === undefined) {
        const place = { script: source.script, path: '', ...at };
        throw scriptError('relay_script_parse_error', place, 'a key that is not text');
      }
      const keyAt = positionAt(source, offsetOf(item.key));
      if (entries.has(key)) {
        const place = { script: source.script, path: '', ...keyAt };
        throw scriptError('relay_script_element_duplicated', place, `the key ${shown(key)} stands here twice`);
      }
      entries.set(key, { key, keyAt, value: read(item.value) });
    }
    return [...entries.values()];
  };

  /** A list or a map with the extent that its parts give it. */
  const measured = <T extends { readonly at: Position }>(node: T, parts: readonly SourceNode[]) => {
    const size = parts.reduce((sum, part) => sum + part.size, 1);
    const depth = parts.reduce((most, part) => Math.max(most, part.depth), 0) + 1;
    const place = { script: source.script, path: '', ...node.at };
    if (depth > maxScriptDepth) throw tooDeep(place);
    if (size > maxScriptValues) {
      const text = `more than ${maxScriptValues} values, aliases counted as what they stand for`;
      throw scriptError('relay_script_parse_error', place, text);
    }
    return { ...node, size, depth };
  };

  return read;
};

/** Keys are text as written: `5:` in a switch is the case "5". */
const keyText = (key: unknown): string | undefined => {
  if (key === null) return '';
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
};

/**
 * A number that would not be written back as it was read stays text: +15551234567, 0123 and 12345678901234567890 are
 * telephone numbers, digits and ids more often than numbers, and text is taken wherever a number is due.
 */
const scalarValue = (node: Scalar): string | number | boolean | null => {
  const { value, source = String(value) } = node;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'number' || !Number.isFinite(value)) return source;
  return /^[-+]?\d+$|^0[xo]/.test(source) && String(value) !== source ? source : value;
};
