/** The load generator: a process of its own, so that what it costs is not counted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog } from '../../src/log.ts';
import { createRtpengine } from '../../src/rtpengine/rtpengine.ts';
import { percentiles } from '../measure/percentiles.ts';
import { createPacer } from './pacer.ts';
import type { LoadedCall, LoadPlan, LoadResult } from './plan.ts';
import { relayCall } from './relay-call.ts';
import { sipCall } from './sip-call.ts';

const plan = JSON.parse(process.argv[2] ?? '') as LoadPlan;
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());

const pacer = createPacer();
const rtpengine =
  plan.kind === 'relay'
    ? createRtpengine({ address: plan.rtpengine, log: createLog({ level: 'silent', redact: [] }) })
    : undefined;

const oneCall = (index: number): Promise<LoadedCall> => {
  if (plan.kind === 'sip') return sipCall(plan, index, pacer, stop.signal);
  if (rtpengine === undefined) throw new Error('a relay plan has an rtpengine');
  return relayCall(plan, index, rtpengine, pacer, stop.signal);
};

const running: Promise<LoadedCall>[] = [];
const startedAt = performance.now();
for (let index = 0; index < plan.calls && !stop.signal.aborted; index++) {
  const wait = startedAt + (index * 1000) / plan.rate - performance.now();
  if (wait > 0) await sleep(wait, undefined, { signal: stop.signal }).catch(() => undefined); // The loop looks again.
  if (!stop.signal.aborted) running.push(oneCall(index));
}
const calls = await Promise.all(running);
pacer.close();
rtpengine?.close();

const { p95, max } = percentiles(pacer.lateness());
const { user, system } = process.cpuUsage();
const result: LoadResult = { calls, cpuMs: (user + system) / 1000, late: { p95, max } };
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exitCode = stop.signal.aborted ? 130 : 0;
