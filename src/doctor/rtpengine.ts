import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { SipreelError } from '../errors/error.ts';
import type { Logger } from '../log.ts';
import { isLoopback } from '../ops/access/loopback.ts';
import { createRtpengine, isUnknownCall, type RtpengineAddress } from '../rtpengine/rtpengine.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

const run = promisify(execFile);
/** A ping on a network that carries sound takes a fraction of that, ms. */
const slowPingMs = 100;

/** What can be seen of an rtpengine that runs on this machine. */
export interface LocalRtpengine {
  readonly version: string | undefined;
  readonly suppressesDtmf: boolean;
  readonly kernel: boolean;
}

const oldest = [10, 5] as const;

/** What its own options say: those of the command line and of the file that it reads. */
export const readOptions = (
  words: readonly string[],
  file: string,
): Pick<LocalRtpengine, 'suppressesDtmf' | 'kernel'> => {
  const option = (name: string): string | undefined => {
    const word = words.find((each) => each === `--${name}` || each.startsWith(`--${name}=`));
    if (word !== undefined)
      return word.includes('=') ? word.slice(word.indexOf('=') + 1) : (words[words.indexOf(word) + 1] ?? '');
    return new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)`, 'm').exec(file)?.[1];
  };
  const set = words.includes('--dtmf-no-suppress') || /^(true|yes|1)$/i.test(option('dtmf-no-suppress') ?? '');
  return { suppressesDtmf: !set, kernel: Number(option('table') ?? 0) >= 0 };
};

/** True if the words of a command line, or the file, make it listen for ng commands on this port. */
const listensOn = (port: number, words: readonly string[], file: string): boolean =>
  new RegExp(`listen-ng\\s*=?\\s*\\S*\\b${port}\\b`).test(`${words.join(' ')}\n${file}`);

/** The rtpengine of this machine that listens there; undefined if it cannot be seen. */
const findLocal = async (port: number): Promise<LocalRtpengine | undefined> => {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (!/(^|\/)rtpengine$/.test(words[0] ?? '')) continue;
    const named = words.find((word) => word.startsWith('--config-file='))?.slice('--config-file='.length);
    const file =
      named === 'none' ? '' : await readFile(named ?? '/etc/rtpengine/rtpengine.conf', 'utf8').catch(() => '');
    if (!listensOn(port, words, file)) continue;
    const program = await readlink(`/proc/${pid}/exe`).catch(() => words[0] ?? 'rtpengine');
    const said = await run(program, ['--version'], { timeout: 5_000 }).catch(() => undefined);
    const version = /Version: (\S+)/.exec(`${said?.stdout ?? ''}${said?.stderr ?? ''}`)?.[1];
    return { version, ...readOptions(words, file) };
  }
  return undefined;
};

export const judgeLocal = (check: string, { version, suppressesDtmf, kernel }: LocalRtpengine): readonly Finding[] => {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldest;
  const old = version !== undefined && (major < oldestMajor || (major === oldestMajor && minor < oldestMinor));
  return [
    old
      ? fail(`${check} version`, version, `Install rtpengine ${oldestMajor}.${oldestMinor} or newer.`)
      : ok(
          `${check} version`,
          `${version ?? 'unknown'}, ${kernel ? 'with a kernel table' : 'without the kernel module'}`,
        ),
    suppressesDtmf
      ? warn(
          `${check} options`,
          'dtmf-no-suppress is not set',
          'Start it with --dtmf-no-suppress: after a key a transcoded recording is silent for seconds without it.',
        )
      : ok(`${check} options`, 'dtmf-no-suppress is set'),
  ];
};

/** Pings an rtpengine and asks whether it knows subscriptions, by which sound is copied. */
export const checkRtpengine = async (
  address: RtpengineAddress,
  timeoutMs: number,
  log: Logger,
): Promise<readonly Finding[]> => {
  const check = `rtpengine ${address.host}:${address.port}`;
  const rtpengine = createRtpengine({ address, timeoutMs, log });
  try {
    const since = performance.now();
    await rtpengine.command('ping', {});
    const tookMs = performance.now() - since;
    const ping = `answers in ${tookMs.toFixed(1)} ms`;
    const findings = [
      tookMs < slowPingMs
        ? ok(check, ping)
        : warn(check, ping, 'Put sipreel and rtpengine into the same network, and look at the load of its machine.'),
    ];
    try {
      await rtpengine.command('subscribeRequest', { 'call-id': 'sipreel-doctor', 'from-tag': 'nobody' });
    } catch (error) {
      // That it does not know the call is what one says that knows the command.
      if (!isUnknownCall(error)) {
        findings.push(
          fail(
            `${check} forks`,
            messageOf(error),
            `Install rtpengine ${oldest.join('.')} or newer: nothing can be recorded without subscriptions.`,
          ),
        );
      }
    }
    const local = isLoopback(address.host) ? await findLocal(address.port) : undefined;
    if (local !== undefined) return [...findings, ...judgeLocal(check, local)];
    return [...findings, ok(`${check} options`, 'cannot be seen from here: see that it has --dtmf-no-suppress')];
  } catch (thrown) {
    if (!(thrown instanceof SipreelError)) throw thrown;
    return [fail(check, thrown.message, thrown.kind.remedy)];
  } finally {
    rtpengine.close();
  }
};
