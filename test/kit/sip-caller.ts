import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/embedded/ports.ts';
import { deathWrapper } from '../../src/embedded/program.ts';
import type { SipAddress } from './sip-transport.ts';

/** One line of values for one call; they are used in turn. */
export interface SippCaller {
  /** Port of a phone on 127.0.0.1 that is the media end; 9, the discard port, if nobody is. */
  readonly mediaPort?: number;
  /** User part of From. Default: +15550001111. */
  readonly from?: string;
  /** RTP payload type of the offer. Default: 0, PCMU. */
  readonly payloadType?: number;
}

export interface SippOptions {
  /** A file of test/sipp without .xml; expect-NNN is expect-status.xml with that status. */
  readonly scenario: string;
  readonly target: SipAddress;
  /** User part of the Request-URI. Default: 1000. */
  readonly to?: string;
  readonly callers?: readonly SippCaller[];
  /** How many calls in all. Default: 1. */
  readonly calls?: number;
  /** New calls a second. Default: 10. */
  readonly rate?: number;
  /** Most calls at the same time. Default: as many as there are. */
  readonly atOnce?: number;
  /** Length of the pauses in the scenario. Default: 500 ms. */
  readonly pauseMs?: number;
  /** Default: udp. */
  readonly transport?: 'udp' | 'tcp';
  /** Default: 20 s. */
  readonly timeoutS?: number;
  /** What stands for {{name}} in the scenario: file and payload_type in rtp-tone. */
  readonly replace?: Readonly<Record<string, string>>;
  /** More arguments for sipp. */
  readonly args?: readonly string[];
}

export interface SippResult {
  /** 0: all calls went as the scenario says. */
  readonly exitCode: number;
  /** SIPp's last screen: counters of each message. */
  readonly screen: string;
  readonly errors: string;
  /** All messages with their times. */
  readonly messages: string;
}

export interface SippRun {
  readonly pid: number;
  readonly result: Promise<SippResult>;
  /** SIGUSR1: no new calls, the running ones are finished. */
  stop(): void;
}

const scenarios = fileURLToPath(new URL('../sipp/', import.meta.url));
const messagesShown = 20_000;

const scenarioText = async (name: string, replace: Readonly<Record<string, string>>): Promise<string> => {
  const status = /^expect-(\d{3})$/.exec(name)?.[1];
  const file = join(scenarios, `${status === undefined ? name : 'expect-status'}.xml`);
  const values = { ...(status === undefined ? {} : { status }), ...replace };
  const text = Object.entries(values).reduce(
    (made, [key, value]) => made.replaceAll(`{{${key}}}`, value),
    await readFile(file, 'utf8'),
  );
  const left = /\{\{(\w+)\}\}/.exec(text);
  if (left) throw new Error(`scenario ${name} needs a value for ${left[1]}`);
  return text;
};

const contents = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');

/** Starts SIPp on a scenario; its result never rejects, and its files are gone when it is there. */
export const startSipp = async (options: SippOptions): Promise<SippRun> => {
  const { target, to = '1000', callers = [{}], calls = 1, rate = 10, pauseMs = 500, timeoutS = 20 } = options;
  const text = await scenarioText(options.scenario, options.replace ?? {});
  const dir = await mkdtemp(join(tmpdir(), 'sipreel-sipp-'));
  const file = (name: string): string => join(dir, name);
  const lines = callers.map(
    ({ mediaPort = 9, from = '+15550001111', payloadType = 0 }) => `${mediaPort};${from};${payloadType};`,
  );
  await Promise.all([
    writeFile(file('scenario.xml'), text),
    writeFile(file('callers.csv'), `SEQUENTIAL\n${lines.join('\n')}\n`),
  ]);
  const given = new Set<number>();
  const port = await freePort('both', '127.0.0.1', given);
  const controlPort = await freePort('udp', '127.0.0.1', given);
  const [command = 'sipp', ...rest] = [
    ...(await deathWrapper()),
    'sipp',
    `${target.host}:${target.port}`,
    ...['-sf', file('scenario.xml'), '-inf', file('callers.csv'), '-s', to],
    ...['-m', String(calls), '-r', String(rate), '-l', String(options.atOnce ?? calls), '-d', String(pauseMs)],
    ...['-t', options.transport === 'tcp' ? 't1' : 'u1', '-i', '127.0.0.1', '-p', String(port), '-bind_local'],
    ...['-mi', '127.0.0.1', '-ci', '127.0.0.1', '-cp', String(controlPort)],
    ...['-timeout', `${timeoutS}s`, '-timeout_error', '-nostdin'],
    // On a busy machine SIPp would give up because it was not run for a while.
    ...['-watchdog_major_threshold', '600000', '-watchdog_minor_threshold', '600000'],
    ...['-trace_err', '-error_file', file('errors.log')],
    ...['-trace_msg', '-message_file', file('messages.log')],
    ...['-trace_screen', '-screen_file', file('screen.log')],
    ...(options.args ?? []),
  ];
  const child = spawn(command, rest, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (said: string) => {
    stderr += said;
  });
  const exited = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      stderr += error.message;
      resolve(127);
    });
    child.once('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
  // Its own limit ends a scenario, not a SIPp that hangs.
  const timer = setTimeout(() => child.kill('SIGKILL'), (timeoutS + 10) * 1000);

  const finish = async (): Promise<SippResult> => {
    const exitCode = await exited;
    clearTimeout(timer);
    const [screen, errors, messages] = await Promise.all(
      ['screen.log', 'errors.log', 'messages.log'].map((name) => contents(file(name))),
    );
    await rm(dir, { recursive: true, force: true });
    return { exitCode, screen: screen ?? '', errors: `${errors ?? ''}${stderr}`, messages: messages ?? '' };
  };
  return { pid: child.pid ?? 0, result: finish(), stop: () => child.kill('SIGUSR1') };
};

/** Runs SIPp until its calls are over; rejects with its screen, errors and messages if one did not go as the scenario says. */
export const runSipp = async (options: SippOptions): Promise<SippResult> => {
  const result = await (await startSipp(options)).result;
  if (result.exitCode === 0) return result;
  throw new Error(
    [
      `SIPp's scenario ${options.scenario} failed with exit code ${result.exitCode}`,
      `screen:\n${result.screen}`,
      `errors:\n${result.errors}`,
      `messages (the last of them):\n${result.messages.slice(-messagesShown)}`,
    ].join('\n\n'),
  );
};
