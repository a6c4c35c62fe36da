const node = String.raw`\w+(\[\(?[^\[\]]+\)?\]|\(\[[^\[\]]+\]\))?`;
const nodes = `${node}( & ${node})*`;
const edge = new RegExp(`^ {2}${nodes} (--|<-->|-->|-- [^->]+ -->)( )?${nodes}$`);

/** Lines that would keep a drawing from being drawn, as far as the kinds are used here. */
export const mermaidProblems = (text: string): readonly string[] => {
  const [kind = '', ...lines] = text.trimEnd().split('\n');
  if (/^flowchart (LR|TD)$/.test(kind)) return lines.filter((line) => !edge.test(line) || /\bend\b/.test(line));
  return kind === 'sequenceDiagram' ? sequenceProblems(lines) : [kind];
};

const sequenceProblems = (lines: readonly string[]): readonly string[] => {
  const known = new Set<string>();
  let open = 0;
  const wrong = lines.filter((line) => {
    const [, name] = /^ {2}participant (\w+) as \S.*$/.exec(line) ?? [];
    if (name !== undefined) {
      known.add(name);
      return false;
    }
    if (/^ +loop \S/.test(line)) open++;
    else if (/^ +end$/.test(line)) open--;
    else {
      const [, from = '', to = from] =
        /^ +(?:(\w+)-?->>(\w+)|Note over (\w+)): \S.*$/.exec(line)?.filter(Boolean) ?? [];
      return !known.has(from) || !known.has(to);
    }
    return open < 0;
  });
  return open === 0 ? wrong : [...wrong, `${open} loops are not ended`];
};
