import { tableLines } from '../report/table.ts';
import type { BusyArguments } from './arguments.ts';
import type { BusyPhase, BusyResult } from './run.ts';

/** The clock's promise, ms. */
const frameMs = 20;

/** True if the prompt was heard as it should be. */
export const promiseKept = ({ busy }: BusyResult): boolean =>
  busy.packets > 0 && busy.missing === 0 && busy.late_ms.p95 < frameMs;

/** The result for people. */
export const busyText = (result: BusyResult, given: BusyArguments): string => {
  const row = (name: string, cell: (phase: BusyPhase) => string): string[] => [
    name,
    ...[result.alone, result.busy].map(cell),
  ];
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
  return [
    `a prompt of ${given.seconds} s, alone and beside ${given.scripts} busy scripts (${result.calls} calls)`,
    '',
    ...tableLines([
      ['', 'alone', 'busy'],
      row('packets', ({ packets }) => String(packets)),
      row('  missing', ({ missing }) => String(missing)),
      row('late, ms (p50 / p95 / max)', ({ late_ms: { p50, p95, max } }) =>
        [p50, p95, max].map((ms) => ms.toFixed(1)).join(' / '),
      ),
      row(`  more than ${frameMs} ms late`, ({ over_frame }) => String(over_frame)),
      row("CPU of the server's main thread", ({ main_cpu }) => percent(main_cpu)),
      row('  of its other threads', ({ threads_cpu }) => percent(threads_cpu)),
      row('other programs, of all cores', ({ foreign_cpu }) => percent(foreign_cpu)),
    ]),
    '',
    `prompts keep their clock (p95 below ${frameMs} ms, none missing): ${promiseKept(result) ? 'kept' : 'NOT KEPT'}`,
    '',
  ].join('\n');
};
