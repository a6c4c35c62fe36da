import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { freePort } from '../../src/embedded/ports.ts';
import type { Part } from '../../src/embedded/process.ts';
import { deathWrapper } from '../../src/embedded/program.ts';
import { createEmbeddedRtpengine } from '../../src/embedded/rtpengine.ts';
import { createEmbeddedSip } from '../../src/embedded/sip.ts';
import type { SipAddress } from './sip-transport.ts';

/** An outside part of a server's that is not its own child: it dies and comes back as a test wants. */
export interface OutsidePart {
  /** host:port as the configuration has it: of its control port, of its ng port. */
  readonly address: string;
  /** Starts it, also again after kill(), on the same ports. */
  start(): Promise<void>;
  /** kill -9; resolves when it has gone. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

const log = pino({ level: 'silent' });

const restartable = (address: string, create: () => Promise<Part>): OutsidePart => {
  let running: Part | undefined;
  const close = async (): Promise<void> => {
    await running?.close();
    running = undefined;
  };
  return {
    address,
    async start() {
      running = await create();
      await running.start();
    },
    async kill() {
      const pid = running?.pid();
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await close();
    },
    close,
  };
};

/** An rtpengine; not started yet. */
export const createOutsideRtpengine = async (): Promise<OutsidePart> => {
  const [port, wrapper] = [await freePort('udp'), await deathWrapper()];
  return restartable(`127.0.0.1:${port}`, async () => {
    return (await createEmbeddedRtpengine({ port, wrapper, log, calls: 20 })).part;
  });
};

/** The embedded edge, or the drachtio-server of DRACHTIO_BIN; not started yet. */
export const createOutsideSip = async (): Promise<
  OutsidePart & { readonly sip: SipAddress; readonly secret: string }
> => {
  const given = new Set<number>();
  const [port, controlPort] = [await freePort('both', undefined, given), await freePort('tcp', undefined, given)];
  const [wrapper, dataDir] = [await deathWrapper(), await mkdtemp(join(tmpdir(), 'sipreel-sip-'))];
  const [sip, secret, drachtioBin] = [{ host: '127.0.0.1', port }, 'test-secret', process.env.DRACHTIO_BIN];
  const part = restartable(`127.0.0.1:${controlPort}`, async () => {
    const own = new Set<number>();
    return (await createEmbeddedSip({ sip, controlPort, secret, drachtioBin, dataDir, given: own, wrapper, log })).part;
  });
  return {
    ...part,
    sip,
    secret,
    async close() {
      await part.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};
