import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Format } from '../../src/recorder/recording/parameters.ts';
import { type CpuTimes, readCpu, spentBetween } from '../measure/cpu.ts';
import { type Percentiles, percentiles } from '../measure/percentiles.ts';
import type { StopArguments } from './arguments.ts';
import type { Captured, Rig } from './rig.ts';

/** How long files of one kind took after the stop. */
export interface StopReport {
  readonly what: string;
  readonly format: Format;
  readonly seconds: number;
  readonly recordings: number;
  readonly stop_ms: Percentiles;
  /** CPU of the worker for each recording, from its stop on, ms. */
  readonly worker_cpu_ms: number;
  /** Share of all cores that other programs took meanwhile. */
  readonly foreign_cpu: number;
}

/** encode.piece, and what arrived how long after its end a piece is made of; see src/recorder/piece-times.ts. */
const pieceMs = 60_000;
const finalMs = 10_500;
/** What a piece is made of has been on the disk for so long. */
const onDiskMs = 2_000;

const ownMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Does something and counts what the worker took for it and what others took meanwhile. */
const counted = async <T>(rig: Rig, cores: number, work: () => Promise<T>) => {
  const own = ownMs();
  const before: CpuTimes = await readCpu(rig.processes);
  const result = await work();
  const spent = spentBetween(before, await readCpu(rig.processes));
  const workerMs = [...spent.parts.values()].reduce((sum, ms) => sum + ms, 0);
  const foreignMs = spent.machineMs - workerMs - (ownMs() - own);
  return { result, workerMs, foreign: Math.max(0, foreignMs / (spent.at * cores)) };
};

/** The spool goes when all is done: what comes after the file is there is not to disturb the next one. */
const settled = async ({ dir }: Captured): Promise<void> => {
  while (existsSync(dir)) await sleep(10);
};

/**
 * Recordings of one length, one after the other. Those that have pieces are up to one of them longer, so that each stops at
 * another moment between two pieces: with 10 s and more left to do, or a whole one and that.
 */
export const measureLength = async (
  rig: Rig,
  cores: number,
  { recordings }: StopArguments,
  format: Format,
  seconds: number,
): Promise<StopReport> => {
  const times: number[] = [];
  let workerMs = 0;
  let foreign = 0;
  for (let index = 0; index < recordings; index++) {
    const longer = seconds * 1000 > pieceMs ? (pieceMs * (index + 0.5)) / recordings : 0;
    const captured = await rig.capture(format, seconds * 1000 + longer);
    const pieces = Math.floor((captured.lengthMs - finalMs - onDiskMs) / pieceMs);
    if (pieces > 0) await rig.pieces(captured, pieces * pieceMs + finalMs);
    const one = await counted(rig, cores, () => rig.stop(captured));
    times.push(one.result);
    workerMs += one.workerMs;
    foreign = Math.max(foreign, one.foreign);
    await settled(captured);
  }
  return {
    what: 'one by one',
    format,
    seconds,
    recordings,
    stop_ms: percentiles(times),
    worker_cpu_ms: workerMs / recordings,
    foreign_cpu: foreign,
  };
};

/** Recordings of 60 s that stop within a few seconds. */
export const measureBurst = async (
  rig: Rig,
  cores: number,
  { burst, within }: StopArguments,
  format: Format,
): Promise<StopReport> => {
  const captured: Captured[] = [];
  for (let index = 0; index < burst; index++) captured.push(await rig.capture(format, 60_000));
  const one = await counted(rig, cores, async () => {
    const times = await Promise.all(
      captured.map(async (recording, index) => {
        await sleep((within * 1000 * index) / burst);
        return rig.stop(recording);
      }),
    );
    await Promise.all(captured.map(settled));
    return times;
  });
  return {
    what: `${burst} within ${within} s`,
    format,
    seconds: 60,
    recordings: burst,
    stop_ms: percentiles(one.result),
    worker_cpu_ms: one.workerMs / burst,
    foreign_cpu: one.foreign,
  };
};
