import { cpus } from 'node:os';
import type { PhaseName } from '../arguments.ts';
import type { LoadPlan, LoadResult } from '../load/plan.ts';
import { type Counted, readCpu, spentBetween } from '../measure/cpu.ts';
import { runLoad } from '../parts/generator.ts';
import { type Counts, type PhaseReport, phaseReport } from '../report/phase-report.ts';
import type { Setting } from './setting.ts';

const ownMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/**
 * Lets the load generator work and counts the CPU of the processes from just before its start to just after the end of
 * the last call; then `count` looks at what came of it, at its leisure. A call of ours ends when its file is there.
 */
export const measured = async (
  setting: Setting,
  phase: PhaseName,
  processes: readonly Counted[],
  plan: LoadPlan,
  count: (load: LoadResult) => Promise<Counts>,
): Promise<PhaseReport> => {
  const { signal } = setting;
  const ownBefore = ownMs();
  const before = await readCpu(processes);
  const load = await runLoad(setting.built, setting.wrapper, plan, signal);
  const spent = spentBetween(before, await readCpu(processes));
  const benchMs = ownMs() - ownBefore;
  const counts = await count(load);
  return phaseReport(phase, spent, load, counts, { cores: cpus().length, benchMs });
};
