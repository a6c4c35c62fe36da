import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deathWrapper } from '../../src/embedded/program.ts';
import { asSipreelError } from '../../src/errors/error.ts';
import { machineFacts } from '../measure/machine.ts';
import { tableLines } from '../report/table.ts';
import { help, parseStopArguments, type StopArguments } from './arguments.ts';
import { measureBurst, measureLength, type StopReport } from './measure.ts';
import { startRig } from './rig.ts';

/** This file runs as built: dist-bench/bench/stop/main.js. */
const root = join(fileURLToPath(new URL('../../../', import.meta.url)));

const tell = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

const measure = async (given: StopArguments): Promise<readonly StopReport[]> => {
  const dir = await mkdtemp(join(tmpdir(), 'sipreel-bench-'));
  const cores = cpus().length;
  const rig = await startRig(root, dir, await deathWrapper(), given.settings, given.profile);
  try {
    const reports: StopReport[] = [];
    for (const format of given.formats) {
      tell(`${format}: to warm up`);
      await measureLength(rig, cores, { ...given, recordings: 5 }, format, 60);
      for (const seconds of given.seconds) {
        tell(`${format}: ${given.recordings} recordings of ${seconds} s`);
        reports.push(await measureLength(rig, cores, given, format, seconds));
      }
      if (given.burst === 0) continue;
      tell(`${format}: ${given.burst} recordings that stop within ${given.within} s`);
      reports.push(await measureBurst(rig, cores, given, format));
    }
    return reports;
  } finally {
    await rig.close();
    await rm(dir, { recursive: true, force: true });
  }
};

const text = (reports: readonly StopReport[]): string => {
  const rows = reports.map((report) => {
    const { p50, p95, max } = report.stop_ms;
    const shortest = reports.find(({ format, what }) => format === report.format && what === report.what);
    const ratio = shortest === report || shortest === undefined ? '' : (p50 / shortest.stop_ms.p50).toFixed(2);
    return [
      `${report.format}, ${report.seconds} s, ${report.what}`,
      String(report.recordings),
      [p50, p95, max].map((ms) => ms.toFixed(0)).join(' / '),
      ratio,
      report.worker_cpu_ms.toFixed(0),
      `${(report.foreign_cpu * 100).toFixed(0)} %`,
    ];
  });
  const head = ['', 'recordings', 'ms, p50 / p95 / max', 'of the first', 'worker CPU ms', 'others'];
  const { cores, cpu } = machineFacts();
  return [`stop to playable file, stereo; ${cores} cores of ${cpu}`, '', ...tableLines([head, ...rows]), ''].join('\n');
};

try {
  const given = parseStopArguments(process.argv.slice(2));
  if (given === 'help') process.stdout.write(help);
  else {
    const reports = await measure(given);
    process.stdout.write(given.json ? `${JSON.stringify({ machine: machineFacts(), reports })}\n` : text(reports));
  }
} catch (thrown) {
  const error = asSipreelError(thrown);
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = error.code === 'usage_invalid' ? 2 : 1;
}
