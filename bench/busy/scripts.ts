import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The number that plays the prompt. */
export const promptNumber = 'prompt';

const many = (steps: (index: number) => readonly object[]): object => ({
  sections: { main: Array.from({ length: 50 }, (_, index) => steps(index)).flat() },
});

/** `n` goes up to `limit` within an expression. */
const counting = (limit: string): string => `(() => { for (let n = 0; n < ${limit}; n++); return 1 })()`;
const variable = (expression: string): string => `\${${expression}}`;

/** Scripts that never wait for anything, by called number. */
export const busyScripts: Readonly<Record<string, object>> = {
  steps: many((n) => [
    { label: `l${n}` },
    { set: { n: `${variable('n')} ${n}`, 'm.a.b[3]': 'x' } },
    { unset: 'n' },
    { goto: { label: `l${n}` } },
  ]),
  expressions: many((n) => [
    { label: `l${n}` },
    { set: { n: variable('(n || 0) + 1') } },
    { goto: { label: `l${n}`, when: 'n > 0' } },
  ]),
  slow_expressions: many(() => [{ set: { n: variable(counting('3e5')) } }]),
  endless_expressions: many(() => [{ set: { n: variable(counting('Infinity')) } }]),
  large_values: many((n) => [
    { set: { big: variable('Array(30000).fill(1)') } },
    { label: `l${n}` },
    { set: { a: variable('big'), b: `x ${variable('big')}`, c: variable('1 + 1') } },
    { goto: { label: `l${n}` } },
  ]),
};

/** Writes the scripts; gives the routes to them. */
export const writeBusyScripts = async (dir: string, seconds: number): Promise<{ to: string; script: string }[]> => {
  const prompt = { sections: { main: [{ play: { url: `silence:${seconds}` } }] } };
  return Promise.all(
    Object.entries({ ...busyScripts, [promptNumber]: prompt }).map(async ([to, script]) => {
      const file = join(dir, `${to}.json`);
      await writeFile(file, JSON.stringify(script));
      return { to, script: file };
    }),
  );
};
