import type { PhaseName } from '../arguments.ts';
import type { LoadResult } from '../load/plan.ts';
import type { CpuTimes } from '../measure/cpu.ts';
import { type Percentiles, percentiles } from '../measure/percentiles.ts';

/** What was measured in one phase; in the JSON as it is. */
export interface PhaseReport {
  readonly phase: PhaseName;
  readonly calls: number;
  /** What did not go well; empty if all did. */
  readonly problems: readonly string[];
  /** What the CPU time is divided by: seconds of calls that were recorded, or that were up where nothing is recorded. */
  readonly call_seconds: number;
  /** CPU ms for each of them, by part. */
  readonly cpu_ms_per_call_second: Readonly<Record<string, number>>;
  /** RTP packets that should have got to the end of the phase's road, and those that did not. */
  readonly packets?: { readonly sent: number; readonly lost: number };
  /** From record_call to the first packet of each direction, ms. */
  readonly start_ms?: Percentiles;
  /** From stop_record_call to the file that can be played, ms. */
  readonly stop_ms?: Percentiles;
  readonly lasted_s: number;
  readonly load_generator: {
    readonly cpu_ms_per_call_second: number;
    readonly late_p95_ms: number;
    readonly late_max_ms: number;
  };
  /** Share of all cores that went to programs that are no part of the benchmark: 0 to 1. */
  readonly foreign_cpu: number;
}

/** What a phase counted. */
export interface Counts {
  readonly callSeconds: number;
  readonly packets?: { readonly sent: number; readonly lost: number };
  readonly startMs?: readonly number[];
  readonly stopMs?: readonly number[];
  readonly problems: readonly string[];
}

/** Makes the report of a phase of what was spent and counted in it. */
export const phaseReport = (
  phase: PhaseName,
  spent: CpuTimes,
  load: LoadResult,
  counts: Counts,
  machine: { readonly cores: number; readonly benchMs: number },
): PhaseReport => {
  const { callSeconds, packets, startMs, stopMs } = counts;
  const perSecond = (ms: number): number => (callSeconds === 0 ? 0 : ms / callSeconds);
  const oursMs = [...spent.parts.values()].reduce((sum, ms) => sum + ms, 0) + load.cpuMs + machine.benchMs;
  return {
    phase,
    calls: load.calls.length,
    problems: [...load.calls.flatMap(({ error }) => error ?? []), ...counts.problems],
    call_seconds: callSeconds,
    cpu_ms_per_call_second: Object.fromEntries([...spent.parts].map(([name, ms]) => [name, perSecond(ms)])),
    ...(packets === undefined ? {} : { packets }),
    ...(startMs === undefined ? {} : { start_ms: percentiles(startMs) }),
    ...(stopMs === undefined ? {} : { stop_ms: percentiles(stopMs) }),
    lasted_s: spent.at / 1000,
    load_generator: {
      cpu_ms_per_call_second: perSecond(load.cpuMs),
      late_p95_ms: load.late.p95,
      late_max_ms: load.late.max,
    },
    foreign_cpu: Math.max(0, spent.machineMs - oursMs) / (spent.at * machine.cores),
  };
};
