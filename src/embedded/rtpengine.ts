import type { SipreelError } from '../errors/error.ts';
import type { Logger } from '../log.ts';
import { createRtpengine, type RtpengineAddress } from '../rtpengine/rtpengine.ts';
import { takeMediaPorts } from './media-ports.ts';
import { createPart, type Part } from './process.ts';
import { requireProgram } from './program.ts';

export interface EmbeddedRtpengineOptions {
  /** UDP port of its ng protocol. */
  readonly port: number;
  /** How many calls it must have ports for at the same time. Default: 250. */
  readonly calls?: number;
  /** More arguments for it. */
  readonly extraArgs?: readonly string[];
  readonly wrapper: readonly string[];
  readonly log: Logger;
  readonly onDied?: (error: SipreelError) => void;
}

const host = '127.0.0.1';
/** Milliseconds for an answer to the ping that asks whether it is up yet. */
const pingMs = 100;

/**
 * An rtpengine of our own on 127.0.0.1, without the kernel module and without a look at /etc. Throws part_missing, or
 * part_failed if there are no media ports left.
 */
export const createEmbeddedRtpengine = async (
  options: EmbeddedRtpengineOptions,
): Promise<{ address: RtpengineAddress; part: Part }> => {
  const { port, wrapper, log, onDied } = options;
  const program = await requireProgram('rtpengine', 'the Debian package rtpengine-daemon');
  const ports = await takeMediaPorts(options.calls ?? 250);
  const address = { host, port };
  const part = createPart({
    name: 'rtpengine',
    program,
    args: [
      ...['--config-file=none', '--foreground', '--log-stderr', '--log-level=5', '--table=-1'],
      ...[`--interface=${host}`, `--listen-ng=${host}:${port}`],
      ...[`--port-min=${ports.min}`, `--port-max=${ports.max}`],
      // One RFC 4733 digit would mute a transcoded fork for seconds.
      '--dtmf-no-suppress',
      ...(options.extraArgs ?? []),
      // A call that is deleted gives its ports back at once, not after 30 s: there are as many as `calls` needs.
      '--delete-delay=0',
    ],
    wrapper,
    log,
    isReady: () => answersPing(address, log),
    ...(onDied === undefined ? {} : { onDied }),
  });
  return {
    address,
    part: {
      ...part,
      start: () =>
        part.start().catch((error: unknown) => {
          ports.release();
          throw error;
        }),
      close: () => part.close().finally(ports.release),
    },
  };
};

const answersPing = async (address: RtpengineAddress, log: Logger): Promise<boolean> => {
  const rtpengine = createRtpengine({ address, log, timeoutMs: pingMs });
  try {
    await rtpengine.command('ping', {});
    return true;
  } finally {
    rtpengine.close();
  }
};
