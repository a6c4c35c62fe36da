import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../src/embedded/ports.ts';
import { createEmbeddedRtpengine } from '../../src/embedded/rtpengine.ts';
import { createLog } from '../../src/log.ts';
import type { LoadResult } from '../load/plan.ts';
import { pcapSequences } from '../measure/pcap.ts';
import { countStream } from '../measure/sequence-gaps.ts';
import { partNames } from '../parts/server.ts';
import type { Counts, PhaseReport } from '../report/phase-report.ts';
import { measured } from './measured.ts';
import type { Setting } from './setting.ts';

/** Calls between two phones through an rtpengine as sipreel has it, recorded by its own means or not at all. */
export const runRelay = async (setting: Setting, phase: 'relay' | 'pcap'): Promise<PhaseReport> => {
  const { given, wrapper, dir } = setting;
  const record = phase === 'pcap';
  const recordings = join(dir, 'pcap');
  if (record) await mkdir(recordings);
  const { address, part } = await createEmbeddedRtpengine({
    port: await freePort('udp'),
    calls: given.calls,
    wrapper,
    log: createLog({ level: 'silent', redact: [] }),
    extraArgs: record ? [`--recording-dir=${recordings}`, '--recording-method=pcap', '--recording-format=raw'] : [],
  });
  await part.start();
  try {
    const { calls, rate, seconds } = given;
    return await measured(
      setting,
      phase,
      [{ name: partNames.rtpengine, pid: part.pid() ?? 0 }],
      { kind: 'relay', rtpengine: address, calls, rate, seconds, record },
      (load) => (record ? countPcaps(join(recordings, 'pcaps'), load) : countRelayed(load)),
    );
  } finally {
    await part.close();
  }
};

const countRelayed = async ({ calls }: LoadResult): Promise<Counts> => {
  const sent = calls.reduce((sum, call) => sum + call.sent, 0);
  const relayed = calls.reduce((sum, call) => sum + (call.relayed ?? 0), 0);
  return { ...secondsOf(calls), packets: { sent, lost: Math.max(0, sent - relayed) }, problems: [] };
};

/** Each pcap file holds both directions, as they came in. */
const countPcaps = async (dir: string, { calls }: LoadResult): Promise<Counts> => {
  let received = 0;
  let missing = 0;
  let streams = 0;
  for (const name of await readdir(dir)) {
    for (const sequences of pcapSequences(await readFile(join(dir, name))).values()) {
      const count = countStream(sequences);
      streams += 1;
      received += count.received;
      missing += count.missing;
    }
  }
  const wanted = calls.length * 2;
  const problems = streams === wanted ? [] : [`${streams} of ${wanted} directions are in its files`];
  return { ...secondsOf(calls), packets: { sent: received + missing, lost: missing }, problems };
};

const secondsOf = (calls: LoadResult['calls']): { callSeconds: number } => ({
  callSeconds: calls.reduce((sum, { seconds }) => sum + seconds, 0),
});
