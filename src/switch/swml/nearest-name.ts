/** Edits (insert, delete, replace, swap two neighbours) between two words, or `most + 1` where there are surely more. */
const distance = (a: string, b: string, most: number): number => {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const edits = Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      next.push(swapped ? Math.min(edits, (before[j - 2] ?? 0) + 1) : edits);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? most + 1;
};

/** The known name that a mistyped one was probably meant to be, or undefined if none is near. */
export const nearestName = (written: string, known: Iterable<string>): string | undefined => {
  if (written.length > 64) return undefined;
  const plain = written.toLowerCase().replaceAll('-', '_');
  let best: { name: string; edits: number } | undefined;
  for (const name of known) {
    const most = name.length < 3 ? 0 : Math.max(1, Math.floor(name.length / 3));
    const words = (text: string): string => text.split('_').sort().join('_');
    const edits = words(plain) === words(name) ? 0 : distance(plain, name, most);
    if (edits <= most && edits < (best?.edits ?? Number.POSITIVE_INFINITY)) best = { name, edits };
  }
  return best?.name;
};

/** ` (did you mean x?)`, or nothing if no known name is near. */
export const didYouMean = (written: string, known: Iterable<string>): string => {
  const name = nearestName(written, known);
  return name === undefined ? '' : ` (did you mean ${name}?)`;
};
