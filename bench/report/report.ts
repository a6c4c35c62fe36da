import type { BenchArguments, PhaseName } from '../arguments.ts';
import type { Percentiles } from '../measure/percentiles.ts';
import type { PhaseReport } from './phase-report.ts';
import { tableLines } from './table.ts';

/** All that `npm run bench` has to say: the JSON as it is. */
export interface BenchReport {
  readonly at: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memory_mb: number;
    readonly kernel: string;
  };
  /** Name -> version. */
  readonly versions: Readonly<Record<string, string>>;
  readonly options: Omit<BenchArguments, 'json' | 'profile'>;
  readonly phases: readonly PhaseReport[];
}

const titles: Readonly<Record<PhaseName, string>> = {
  relay: 'relay only',
  pcap: 'relay + its pcap',
  calls: 'sipreel, no recording',
  recording: 'sipreel, recording',
};

/** What the design promises of a recording, ms (p95). */
const promises = { start: 50, stop: 500 };
/** More than this beside the benchmark, and its figures are not to be quoted. */
const tolerableForeignCpu = 0.05;

const figure = (value: number): string => (value === 0 ? '-' : value.toFixed(2));
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** The report for people. */
export const reportText = (report: BenchReport): string => {
  const { phases, options, machine } = report;
  const row = (name: string, cell: (phase: PhaseReport) => string): string[] => [name, ...phases.map(cell)];
  const parts = [...new Set(phases.flatMap((phase) => Object.keys(phase.cpu_ms_per_call_second)))];
  const sum = (phase: PhaseReport): number =>
    Object.values(phase.cpu_ms_per_call_second).reduce((total, ms) => total + ms, 0);
  const times = (name: string, of: (phase: PhaseReport) => Percentiles | undefined): string[] =>
    row(name, (phase) => {
      const measured = of(phase);
      if (measured === undefined) return '';
      return [measured.p50, measured.p95, measured.max].map((ms) => ms.toFixed(0)).join(' / ');
    });

  const lines = tableLines([
    row('CPU ms for each call-second', ({ phase }) => titles[phase]),
    ...parts.map((part) => row(`  ${part}`, (phase) => figure(phase.cpu_ms_per_call_second[part] ?? 0))),
    row('  all', (phase) => figure(sum(phase))),
    [],
    row('call-seconds', (phase) => phase.call_seconds.toFixed(0)),
    row('RTP packets', ({ packets }) => (packets === undefined ? '' : String(packets.sent))),
    row('  lost', ({ packets }) => (packets === undefined ? '' : String(packets.lost))),
    times('start to first packet, ms (p50 / p95 / max)', (phase) => phase.start_ms),
    times('stop to playable file, ms (p50 / p95 / max)', (phase) => phase.stop_ms),
    [],
    row('not counted: load generator, CPU ms', (phase) => figure(phase.load_generator.cpu_ms_per_call_second)),
    row(
      '  its packets late, ms (p95 / max)',
      ({ load_generator: { late_p95_ms, late_max_ms } }) => `${late_p95_ms.toFixed(1)} / ${late_max_ms.toFixed(0)}`,
    ),
    row('  other programs, of all cores', (phase) => percent(phase.foreign_cpu)),
  ]);

  const { calls, seconds, rate, direction, stereo, format } = options;
  return [
    `${calls} calls of ${seconds} s, ${rate} new ones a second; ${direction}, ${stereo ? 'stereo' : 'mono'}, ${format}; ` +
      `${machine.cores} cores of ${machine.cpu}`,
    Object.entries(report.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    '',
    ...lines,
    '',
    ...remarks(report),
    '',
  ].join('\n');
};

const remarks = ({ phases }: BenchReport): string[] => {
  const kept = (what: string, measured: Percentiles | undefined, promised: number): string[] =>
    measured === undefined
      ? []
      : [`${what} (p95) is to be below ${promised} ms: ${measured.p95 < promised ? 'kept' : 'NOT KEPT'}`];
  return phases.flatMap((phase) => [
    ...kept('start to first packet', phase.start_ms, promises.start),
    ...kept('stop to playable file', phase.stop_ms, promises.stop),
    ...(phase.foreign_cpu > tolerableForeignCpu
      ? [
          `${titles[phase.phase]}: other programs took ${percent(phase.foreign_cpu)} of all cores; measure again when they don't`,
        ]
      : []),
    ...countEqual(phase.problems).map((problem) => `${titles[phase.phase]}: ${problem}`),
  ]);
};

/** Equal problems are told once, with their number. */
const countEqual = (problems: readonly string[]): string[] => {
  const counts = new Map<string, number>();
  for (const problem of problems) counts.set(problem, (counts.get(problem) ?? 0) + 1);
  return [...counts].map(([problem, times]) => (times === 1 ? problem : `${times} times: ${problem}`));
};
