import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusEvent } from '../../src/recorder/recording/events.ts';
import { download } from '../kit/download.ts';
import { decode, toneSpan } from '../kit/files.ts';
import { startSipp } from '../kit/sip-caller.ts';
import { g711Tone } from '../kit/tone-frames.ts';
import { type Fate, judge, type Verdict } from './judge.ts';
import type { RoundPlan, Victim } from './plan.ts';
import type { World } from './world.ts';

const spokenHz = 600;
/** New calls a second. */
const rate = 10;
/** How long the file and the event of a recording may take after everything is back: Redis may have lost a job. */
const owedWithinMs = 90_000;

/** The last seconds of calls whose recordings may not have begun are of no interest: SIPp gives up by itself. */
const sippTimeoutS = 20;

const refusesCalls: ReadonlySet<Victim> = new Set(['switch', 'redis', 'rtpengine', 'edge']);
/** How long what is tidied up may take: a move from the back-up is tried again after some seconds. */
const tidyWithinMs = 30_000;

/** What it is in the end: as it should be, or what it was when time ran out. */
const settled = async <T>(look: () => Promise<T>, isRight: (value: T) => boolean): Promise<T> => {
  for (const deadline = Date.now() + tidyWithinMs; ; await sleep(100)) {
    const value = await look();
    if (isRight(value) || Date.now() > deadline) return value;
  }
};

/** Lets calls come in, kills, starts again, waits for what is owed, and judges. */
export const playRound = async (world: World, plan: RoundPlan): Promise<Verdict> => {
  const folder = await mkdtemp(join(tmpdir(), 'sipreel-chaos-round-'));
  try {
    const tone = join(folder, 'tone.pcmu');
    await writeFile(tone, g711Tone('PCMU', spokenHz, 1, 0.3));
    const number = `chaos${plan.seed}`;
    const { host, sink } = world;
    host.serve(number, [
      { record_call: { control_id: number, format: plan.format, stereo: true, status_url: sink.url } },
      { play: 'silence:60' },
    ]);
    const sipp = await startSipp({
      scenario: 'rtp-tone',
      target: world.sip,
      to: number,
      calls: plan.calls,
      rate,
      pauseMs: plan.callMs,
      timeoutS: sippTimeoutS,
      replace: { file: tone, payload_type: '0' },
    });
    await sleep(plan.killAfterMs);
    const killedAt = (await world.kill(plan.victim)) ?? Date.now() / 1000;
    const late = plan.victim === 'disk lost' ? callOnFullDisk(world, plan) : undefined;
    await sleep(plan.restartAfterMs);
    await world.revive(plan.victim);
    const { exitCode, errors } = await sipp.result;
    const fates = await fatesOf(world, number, folder);
    return judge(plan, killedAt, fates, {
      // Calls that came while it was away were refused, as they should be.
      failedCalls:
        exitCode === 0 || refusesCalls.has(plan.victim) ? undefined : `SIPp says ${exitCode}: ${errors.slice(0, 300)}`,
      onFullDisk: await late,
      leftCalls: await settled(
        () => world.callsInRtpengine(),
        (calls) => calls === 0,
      ),
      awayFiles: await settled(
        () => world.awayFiles(),
        (files) => files.length === 0,
      ),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** By then the room on the disk has been looked at. */
const roomKnownMs = 2_500;

/** One more call while the disk is full: it goes as the script says, its recording fails. A sentence on what went otherwise. */
const callOnFullDisk = async (world: World, { seed }: RoundPlan): Promise<string | undefined> => {
  const number = `late${seed}`;
  await sleep(roomKnownMs);
  world.host.serve(number, [
    { record_call: { control_id: number, status_url: world.sink.url } },
    { play: 'silence:60' },
  ]);
  const sipp = await startSipp({ scenario: 'call-for-seconds', target: world.sip, to: number, pauseMs: 500 });
  const { exitCode, errors } = await sipp.result;
  if (exitCode !== 0) return `a call on a full disk was not taken: ${errors.slice(0, 300)}`;
  const said = (await world.log()).filter(({ control_id }) => control_id === number).map(({ msg }) => msg);
  return said.includes('record_call failed: the call goes on')
    ? undefined
    : `a recording on a full disk did not fail: ${said.join('; ')}`;
};

const eventsOf = (world: World, recordingId: string): StatusEvent[] =>
  world.sink.posts
    .filter(({ answered }) => answered === 200)
    .map(({ json }) => json as unknown as StatusEvent)
    .filter(({ params }) => params?.recording_id === recordingId);

const isEnd = ({ params }: StatusEvent): boolean => params.end_reason !== undefined;

const unixTime = (logged: unknown): number => Date.parse(String(logged)) / 1000;

/** When the sound of the file begins: a recording is begun somewhat before its forks are up. */
const soundSince = (end: StatusEvent | undefined): number | undefined => {
  const { end_time, duration } = end?.params ?? {};
  return end_time === undefined || duration === undefined ? end?.params.start_time : end_time - duration;
};

const fatesOf = async (world: World, controlId: string, folder: string): Promise<Fate[]> => {
  const begun = (await world.log()).filter(({ msg, control_id }) => msg === 'recording' && control_id === controlId);
  const ids = begun.map(({ recording_id }) => String(recording_id));
  const deadline = Date.now() + owedWithinMs;
  while (Date.now() < deadline && !ids.every((id) => eventsOf(world, id).some(isEnd))) await sleep(50);
  // What comes twice comes soon after.
  await sleep(500);
  const ended = new Map(
    (await world.log()).filter(({ msg }) => msg === 'call ended').map(({ call_id, time }) => [call_id, unixTime(time)]),
  );
  return Promise.all(
    begun.map(async ({ time, call_id }, index): Promise<Fate> => {
      const recordingId = ids[index] ?? '';
      const events = eventsOf(world, recordingId);
      const end = events.find(isEnd);
      const fate = {
        recordingId,
        startTime: soundSince(end) ?? unixTime(time),
        callEndedAt: ended.get(call_id),
        events: events.map(({ event_id, params }) => ({ id: event_id, state: params.state })),
      };
      if (end === undefined) return { ...fate, soundS: undefined, missing: 'no terminal event' };
      try {
        const sound = await decode(await download(world.http + new URL(end.params.url).pathname, folder));
        const span = toneSpan(sound, 0, spokenHz);
        return { ...fate, soundS: span === undefined ? 0 : span.toS - span.fromS };
      } catch (error) {
        return { ...fate, soundS: undefined, missing: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
};
