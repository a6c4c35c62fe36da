import { pino } from 'pino';
import { loadConfig } from '../config/load.ts';
import { examine } from '../doctor/doctor.ts';
import { type Finding, fail, ok } from '../doctor/finding.ts';
import { judgeNode } from '../doctor/machine.ts';
import { asSipreelError } from '../errors/error.ts';
import type { DoctorArguments } from './arguments.ts';

/** What checks that were given up may take to end, ms. */
const lingerMs = 1_000;

/** `sipreel doctor`: tells what is wrong with a machine and its parts. Gives the exit code: 1 if anything has failed. */
export const doctor = async (given: DoctorArguments): Promise<number> => {
  const findings = [judgeNode(process.version), ...(await examineConfigured(given))];
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length;
  const failed = count('fail');
  const warned = count('warn');
  if (given.json) process.stdout.write(`${JSON.stringify({ ok: failed === 0, failed, warned, findings })}\n`);
  else process.stdout.write(`${findings.map(lineOf).join('')}${verdict(failed, warned)}\n`);
  const code = failed === 0 ? 0 : 1;
  // A disk that hangs would keep the process for as long.
  setTimeout(() => process.exit(code), lingerMs).unref();
  return code;
};

const examineConfigured = async ({ config: file, settings }: DoctorArguments): Promise<readonly Finding[]> => {
  try {
    const config = loadConfig({ settings, ...(file === undefined ? {} : { file }) });
    // What the parts would log is told as findings.
    const found = await examine(config, pino({ level: 'silent' }));
    return [ok('configuration', file ?? 'defaults and settings'), ...found];
  } catch (thrown) {
    const { message, kind } = asSipreelError(thrown);
    return [fail('configuration', message, kind.remedy)];
  }
};

const marks = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;
const width = 34;

const lineOf = ({ check, status, found, remedy }: Finding): string =>
  `${marks[status]}  ${check.padEnd(width)}  ${found}\n${remedy === undefined ? '' : `${' '.repeat(width + 8)}-> ${remedy}\n`}`;

const verdict = (failed: number, warned: number): string => {
  if (failed > 0)
    return `\n${failed} failed, ${warned} warned: calls or recordings are lost until what has failed is mended.`;
  return warned > 0 ? `\nNothing has failed, ${warned} warned.` : '\nAll is well.';
};
