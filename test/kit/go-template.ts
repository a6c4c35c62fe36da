/**
 * The part of Go's template language that our chart keeps to: fields, `$`, literals, pipelines, parentheses, `if`, `else if`,
 * `else`, `with`, `define`, comments, and the white space that `{{-` and `-}}` take. Functions are given by the caller.
 */

type Scope = Readonly<Record<string, unknown>>;
export type Functions = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** A word, a literal, or a pipeline in parentheses. */
type Operand = { readonly word: string } | { readonly literal: unknown } | { readonly pipe: Pipeline };
/** Commands, each of which gets what the one before gave as its last argument. */
type Pipeline = readonly (readonly Operand[])[];

interface Branch {
  /** Missing for `else`. */
  readonly when?: Pipeline;
  readonly body: readonly Node[];
}
type Node =
  | { readonly text: string }
  | { readonly print: Pipeline }
  | { readonly branches: readonly Branch[]; readonly rebinds: boolean };

/** Named templates: `define` adds to them. */
export type Templates = Map<string, readonly Node[]>;

const tokenPattern = /\s*("(?:[^"\\]|\\.)*"|`[^`]*`|[()|]|[^\s()|]+)/y;

const tokensOf = (expression: string): string[] => {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  for (let match = tokenPattern.exec(expression); match; match = tokenPattern.exec(expression))
    tokens.push(match[1] ?? '');
  return tokens;
};

/** Takes tokens up to the closing parenthesis or the end. */
const parsePipeline = (tokens: string[]): Pipeline => {
  const commands: Operand[][] = [[]];
  for (let token = tokens.shift(); token !== undefined && token !== ')'; token = tokens.shift()) {
    const command = commands.at(-1) as Operand[];
    if (token === '|') commands.push([]);
    else if (token === '(') command.push({ pipe: parsePipeline(tokens) });
    else if (token.startsWith('"')) command.push({ literal: JSON.parse(token) as string });
    else if (token.startsWith('`')) command.push({ literal: token.slice(1, -1) });
    else if (/^-?\d/.test(token) || token === 'true' || token === 'false') command.push({ literal: JSON.parse(token) });
    else command.push({ word: token });
  }
  return commands;
};

type Piece = { readonly text: string } | { readonly action: string };

const piecesOf = (source: string): Piece[] => {
  const pieces: Piece[] = [];
  let at = 0;
  let trims = false;
  const text = (end: number, trimsEnd: boolean): void => {
    const raw = source.slice(at, end);
    const front = trims ? raw.trimStart() : raw;
    pieces.push({ text: trimsEnd ? front.trimEnd() : front });
  };
  for (const match of source.matchAll(/\{\{(-?)\s*(\/\*[\s\S]*?\*\/|[\s\S]*?)\s*(-?)\}\}/g)) {
    const [all, front, action = '', back] = match;
    text(match.index, front === '-');
    if (!action.startsWith('/*')) pieces.push({ action });
    at = match.index + all.length;
    trims = back === '-';
  }
  text(source.length, false);
  return pieces;
};

/** Reads a file of templates: what it defines goes to `templates`, the rest is given back. */
export const parseTemplate = (source: string, templates: Templates): readonly Node[] => {
  const pieces = piecesOf(source);
  /** Takes pieces up to an `else` or `end`, which is given back. */
  const parseBody = (): { readonly body: readonly Node[]; readonly stop: string } => {
    const body: Node[] = [];
    for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
      if ('text' in piece) {
        body.push(piece);
        continue;
      }
      const { action } = piece;
      const [word = ''] = action.split(/\s/);
      const rest = action.slice(word.length);
      if (word === 'end' || word === 'else') return { body, stop: action };
      if (word === 'define') templates.set(JSON.parse(rest.trim()) as string, parseBody().body);
      else if (word === 'if' || word === 'with') body.push(parseBranches(rest, word === 'with'));
      else body.push({ print: parsePipeline(tokensOf(action)) });
    }
    return { body, stop: '' };
  };
  const parseBranches = (condition: string, rebinds: boolean): Node => {
    const branches: Branch[] = [];
    let when: Pipeline | undefined = parsePipeline(tokensOf(condition));
    for (;;) {
      const { body, stop } = parseBody();
      branches.push(when === undefined ? { body } : { when, body });
      if (stop === 'end') return { branches, rebinds };
      if (stop === '') throw new Error(`${condition.trim()}: an if or with without its end`);
      const next = stop.replace(/^else\s*(if\s)?/, '');
      when = next === '' ? undefined : parsePipeline(tokensOf(next));
    }
  };
  const { body, stop } = parseBody();
  if (stop !== '') throw new Error(`${stop} without its if`);
  return body;
};

/** As Go has it: empty, zero, false and nothing are no. */
export const holds = (value: unknown): boolean =>
  !(value === undefined || value === null || value === false || value === 0 || value === '') &&
  !(typeof value === 'object' && Object.keys(value as object).length === 0);

const fieldOf = (root: unknown, path: string): unknown =>
  path
    .split('.')
    .filter((part) => part !== '')
    .reduce<unknown>((at, part) => {
      if (typeof at !== 'object' || at === null || !(part in at)) throw new Error(`${path}: there is no ${part}`);
      return (at as Scope)[part];
    }, root);

/** Gives the text. Throws at fields and functions that do not exist. */
export const renderTemplate = (nodes: readonly Node[], dot: unknown, root: unknown, functions: Functions): string => {
  const evaluate = (operand: Operand): unknown => {
    if ('literal' in operand) return operand.literal;
    if ('pipe' in operand) return run(operand.pipe);
    const { word } = operand;
    if (word.startsWith('$')) return fieldOf(root, word.slice(1));
    if (word.startsWith('.')) return fieldOf(dot, word);
    return callOf(word, []);
  };
  const callOf = (name: string, args: readonly unknown[]): unknown => {
    const call = functions[name];
    if (call === undefined) throw new Error(`${name}: the chart keeps to ${Object.keys(functions).join(', ')}`);
    return call(...args);
  };
  const run = (pipeline: Pipeline): unknown => {
    let value: unknown;
    pipeline.forEach(([first, ...rest], at) => {
      if (first === undefined) throw new Error('a pipeline with an empty command');
      const isCall = 'word' in first && !/^[.$]/.test(first.word);
      const args = [...rest.map(evaluate), ...(at === 0 ? [] : [value])];
      value = isCall ? callOf(first.word, args) : evaluate(first);
    });
    return value;
  };

  return nodes
    .map((node) => {
      if ('text' in node) return node.text;
      if ('print' in node) return String(run(node.print));
      for (const { when, body } of node.branches) {
        const value = when === undefined ? true : run(when);
        if (holds(value)) {
          return renderTemplate(body, node.rebinds && when !== undefined ? value : dot, root, functions);
        }
      }
      return '';
    })
    .join('');
};
