import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deathWrapper } from '../src/embedded/program.ts';
import { asSipreelError } from '../src/errors/error.ts';
import { type BenchArguments, help, parseBenchArguments } from './arguments.ts';
import { busyHelp, parseBusyArguments } from './busy/arguments.ts';
import { busyText, promiseKept } from './busy/report.ts';
import { runBusy } from './busy/run.ts';
import { machineFacts, versionFacts } from './measure/machine.ts';
import type { PhaseReport } from './report/phase-report.ts';
import { type BenchReport, reportText } from './report/report.ts';
import { runRelay } from './run/relay.ts';
import type { Setting } from './run/setting.ts';
import { runSipreel } from './run/sipreel.ts';

/** This file runs as built: dist-bench/bench/main.js. */
const built = fileURLToPath(new URL('../', import.meta.url));
const root = join(built, '..');

const bench = async (given: BenchArguments, signal: AbortSignal): Promise<BenchReport> => {
  const tell = (text: string): void => void process.stderr.write(`bench: ${text}\n`);
  const at = new Date().toISOString();
  const dir = await mkdtemp(join(tmpdir(), 'sipreel-bench-'));
  try {
    const setting: Setting = { given, root, built, dir, wrapper: await deathWrapper(), signal, tell };
    const versions = await versionFacts();
    const phases: PhaseReport[] = [];
    for (const phase of ['relay', 'pcap'] as const) {
      if (!given.phases.includes(phase)) continue;
      tell(`rtpengine alone: ${given.calls} calls, ${phase === 'pcap' ? 'recorded by it' : 'not recorded'}`);
      phases.push(await runRelay(setting, phase));
    }
    const own = (['calls', 'recording'] as const).filter((phase) => given.phases.includes(phase));
    if (own.length > 0) phases.push(...(await runSipreel(setting, own)));
    const { json: _json, profile: _profile, ...options } = given;
    return { at, machine: machineFacts(), versions, options, phases };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

/** `busy-scripts`: gives the exit code. */
const benchBusy = async (words: readonly string[], signal: AbortSignal): Promise<number> => {
  const given = parseBusyArguments(words);
  if (given === 'help') {
    process.stdout.write(busyHelp);
    return 0;
  }
  const tell = (text: string): void => void process.stderr.write(`bench: ${text}\n`);
  const at = new Date().toISOString();
  const dir = await mkdtemp(join(tmpdir(), 'sipreel-bench-'));
  try {
    const result = await runBusy({ given, root, built, dir, wrapper: await deathWrapper(), signal, tell });
    const { json, ...options } = given;
    const report = { at, machine: machineFacts(), versions: await versionFacts(), options, ...result };
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : busyText(result, given));
    tell(`kept in ${await keep(report)}`);
    return promiseKept(result) ? 0 : 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

const keep = async (report: { readonly at: string }): Promise<string> => {
  const dir = join(root, 'bench/results');
  await mkdir(dir, { recursive: true });
  const file = join(dir, `${report.at.replaceAll(':', '-')}.json`);
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  return file;
};

const run = async (): Promise<number> => {
  const words = process.argv.slice(2);
  const given = words[0] === 'busy-scripts' ? 'busy-scripts' : parseBenchArguments(words);
  if (given === 'help') {
    process.stdout.write(help);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stop.abort(new Error(`the benchmark was ended by ${signal}`)));
  }
  try {
    if (given === 'busy-scripts') return await benchBusy(words.slice(1), stop.signal);
    const report = await bench(given, stop.signal);
    const file = await keep(report);
    process.stdout.write(given.json ? `${JSON.stringify(report)}\n` : reportText(report));
    process.stderr.write(`bench: kept in ${file}\n`);
    return report.phases.some(({ problems }) => problems.length > 0) ? 1 : 0;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write('bench: broken off; everything it had started is ended\n');
    return 130;
  }
};

try {
  process.exitCode = await run();
} catch (thrown) {
  const error = asSipreelError(thrown);
  process.stderr.write(`bench: ${error.message}\n`);
  if (error.code === 'usage_invalid') process.stderr.write('npm run bench -- --help says what there is.\n');
  else if (error.code !== 'internal_error') process.stderr.write(`${error.kind.remedy}\n`);
  process.exitCode = error.code === 'usage_invalid' ? 2 : 1;
}
