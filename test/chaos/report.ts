import type { Verdict } from './judge.ts';

const columns = [
  'round',
  'seed',
  'killed',
  'format',
  'after',
  'calls',
  'recordings',
  'lost',
  'worst',
  'missing',
  'twice',
  'untold',
];

const row = ({ plan, ...verdict }: Verdict, index: number): string[] => [
  String(index + 1),
  String(plan.seed),
  plan.victim,
  plan.format,
  `${(plan.killAfterMs / 1000).toFixed(1)} s`,
  String(plan.calls),
  String(verdict.recordings),
  `${verdict.lostS.toFixed(2)} s`,
  `${verdict.worstLostS.toFixed(2)} s`,
  String(verdict.missing),
  String(verdict.twice),
  String(verdict.untold),
];

const width = 14;
const line = (cells: readonly string[]): string => cells.map((cell) => cell.padStart(width)).join(' ');

/** The head of the table. */
export const reportHead = (): string => line(columns);

/** One round's line. */
export const reportRound = (verdict: Verdict, index: number): string => line(row(verdict, index));

/** A table of rounds, and below it what broke. */
export const reportRounds = (verdicts: readonly Verdict[]): string =>
  [reportHead(), ...verdicts.map(reportRound), reportSum(verdicts)].join('\n');

/** What it all comes to. */
export const reportSum = (verdicts: readonly Verdict[]): string => {
  const broken = verdicts.flatMap(({ plan, broken: why }) =>
    why.map((each) => `  seed ${plan.seed}, ${plan.victim}: ${each}`),
  );
  const sum = (of: (verdict: Verdict) => number): number => verdicts.reduce((total, each) => total + of(each), 0);
  return [
    `${sum(({ recordings }) => recordings)} recordings, ${sum(({ lostS }) => lostS).toFixed(2)} s lost, ` +
      `${sum(({ missing }) => missing)} terminal events missing, ${sum(({ twice }) => twice)} came twice`,
    ...(broken.length === 0 ? ['every promise was kept'] : ['broken promises:', ...broken]),
  ].join('\n');
};
