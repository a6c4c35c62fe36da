import { isMap, isScalar, parseDocument, stringify, type YAMLMap } from 'yaml';

/** One key with its default, as JSON on one line, and what its comment says. */
interface Key {
  readonly path: string;
  readonly value: string;
  readonly says: string;
  /** Lines of YAML that show it; may be empty. */
  readonly example: string;
}

/** The sentences of a comment; lines that are further in are an example. */
const sentences = (comment: string | null | undefined): { readonly says: string; readonly example: string } => {
  const lines = (comment ?? '').split('\n').map((line) => line.replace(/^ /, ''));
  const isExample = (line: string): boolean => /^( {2}|\[|- )/.test(line);
  return {
    says: lines
      .filter((line) => !isExample(line))
      .join(' ')
      .trim(),
    example: lines.filter(isExample).join('\n').trimEnd(),
  };
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

const keysOf = (map: YAMLMap, path: string, said: string | null | undefined): Key[] =>
  map.items.flatMap((pair, index): Key[] => {
    const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    const own = (isScalar(pair.key) ? pair.key.commentBefore : undefined) ?? (index === 0 ? said : undefined);
    const at = `${path}.${name}`;
    if (isMap(pair.value) && pair.value.items.length > 0) {
      const inner = keysOf(pair.value, at, pair.value.commentBefore);
      const { says } = sentences(own);
      return inner.map((key) => (key.says === '' ? { ...key, says } : key));
    }
    const value = stringify(pair.value, { collectionStyle: 'flow', lineWidth: 0 }).trim();
    return [{ path: at, value, ...sentences(own) }];
  });

/**
 * docs/06-configuration.md: every key of the commented defaults.
 * @param source config/sipreel.yaml
 */
export const configDocument = (source: string): string => {
  const { contents } = parseDocument<YAMLMap>(source);
  if (!isMap(contents)) throw new TypeError('the defaults are a map');
  const sections = contents.items.map((pair, index) => {
    const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    const comment = (isScalar(pair.key) ? pair.key.commentBefore : undefined) ?? undefined;
    // What stands above the first section is about the file.
    const { says, example } = sentences(index === 0 ? undefined : comment);
    const head = [`## ${name}`, ...(says === '' ? [] : [says]), ...(example === '' ? [] : [fenced(example)])];
    if (!isMap(pair.value)) return head.join('\n\n');
    const keys = keysOf(pair.value, name, pair.value.commentBefore);
    const rows = keys.map(({ path, value, says: text }) => `| \`${path}\` | \`${cell(value)}\` | ${cell(text)} |`);
    const table = ['| key | default | |', '| --- | --- | --- |', ...rows].join('\n');
    const examples = keys.flatMap(({ path, example: lines }) =>
      lines === '' ? [] : [`For \`${path}\`:`, fenced(lines)],
    );
    return [...head, table, ...examples].join('\n\n');
  });
  return `# Configuration

Every key with its default, as in [config/sipreel.yaml](../config/sipreel.yaml), from which \`npm run docs\` makes this page. Write
what you change into a file of your own:

\`\`\`sh
sipreel serve --config /etc/sipreel/sipreel.yaml
sipreel serve --config /etc/sipreel/sipreel.yaml --set log.level=debug
\`\`\`

Durations carry a unit (\`ms\`, \`s\`, \`min\`, \`h\`, \`d\`), sizes too (\`B\`, \`kB\`, \`MB\`, \`GB\`). A key that does not exist, or a value that
can't be, is an error that names all of them, and nothing starts. \`sipreel doctor\` tries out what the values lead to.

${sections.join('\n\n')}
`;
};

const fenced = (text: string): string => `\`\`\`yaml\n${text}\n\`\`\``;
