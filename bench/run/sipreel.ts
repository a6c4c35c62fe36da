import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tracksOf } from '../../src/recorder/recording/parameters.ts';
import { readTrack } from '../../src/recorder/spool/read-track.ts';
import { uint16 } from '../../src/rtp/packet.ts';
import type { LoadPlan, LoadResult } from '../load/plan.ts';
import { countStream, lostPackets } from '../measure/sequence-gaps.ts';
import { type LoggedRecording, phaseOf } from '../measure/server-log.ts';
import type { Child } from '../parts/child.ts';
import { runLoad } from '../parts/generator.ts';
import { numbers, writeScripts } from '../parts/scripts.ts';
import { type BenchServer, startServer } from '../parts/server.ts';
import type { Counts, PhaseReport } from '../report/phase-report.ts';
import { measured } from './measured.ts';
import type { Setting } from './setting.ts';

/** Calls into one `sipreel serve --embedded`. */
export const runSipreel = async (
  setting: Setting,
  phases: readonly ('calls' | 'recording')[],
): Promise<readonly PhaseReport[]> => {
  const { given, root, built, wrapper, signal, tell } = setting;
  const dir = join(setting.dir, 'server');
  await mkdir(dir);
  let child: Child | undefined;
  try {
    const options = { ...given, routes: await writeScripts(dir, given) };
    const server = await startServer(root, dir, options, wrapper, (started) => {
      child = started;
    });
    const { calls, rate } = given;
    const planTo = (to: string): LoadPlan => ({ kind: 'sip', target: server.sip, to, calls, rate });
    if (given.warmUp > 0) {
      tell(`sipreel: ${calls} calls to warm up`);
      await runLoad(built, wrapper, planTo(numbers.warmUp), signal);
    }
    const reports: PhaseReport[] = [];
    for (const phase of phases) {
      tell(`sipreel: ${calls} calls, ${phase === 'recording' ? 'recorded' : 'not recorded'}`);
      reports.push(
        await measured(setting, phase, server.processes, planTo(numbers[phase]), (load) =>
          countPhase(server, given, phase, load),
        ),
      );
    }
    return reports;
  } finally {
    // At once: whoever broke off does not wait for calls, and otherwise there are none.
    await child?.end('SIGINT');
  }
};

const countPhase = async (
  server: BenchServer,
  given: Setting['given'],
  phase: 'calls' | 'recording',
  load: LoadResult,
): Promise<Counts> => {
  const { calls, recordings, errors } = phaseOf(await server.log(), numbers[phase]);
  const missingCalls = given.calls - calls;
  const problems = [...errors, ...(missingCalls > 0 ? [`${missingCalls} calls never reached the server`] : [])];
  if (phase === 'calls') {
    return { callSeconds: load.calls.reduce((sum, { seconds }) => sum + seconds, 0), problems };
  }
  const unfinished = given.calls - recordings.filter(({ playableMs }) => playableMs !== undefined).length;
  if (unfinished > 0) problems.push(`${unfinished} of ${given.calls} calls have no finished recording`);
  return {
    callSeconds: recordings.reduce((sum, { seconds }) => sum + seconds, 0),
    packets: await countPackets(server, given, recordings),
    startMs: recordings.flatMap(({ firstPacketMs }) => Object.values(firstPacketMs)),
    stopMs: recordings.flatMap(({ playableMs }) => playableMs ?? []),
    problems,
  };
};

const countPackets = async (
  server: BenchServer,
  given: Setting['given'],
  recordings: readonly LoggedRecording[],
): Promise<{ sent: number; lost: number }> => {
  let sent = 0;
  let lost = 0;
  for (const { id, seconds } of recordings) {
    for (const track of tracksOf(given.direction)) {
      const sequences: number[] = [];
      for await (const packets of readTrack(server.spoolDir(id), track)) {
        for (const { datagram, rtcp } of packets) if (!rtcp) sequences.push(uint16(datagram, 2));
      }
      const count = countStream(sequences);
      const lostOfTrack = lostPackets(count, seconds);
      sent += count.received + lostOfTrack;
      lost += lostOfTrack;
    }
  }
  return { sent, lost };
};
