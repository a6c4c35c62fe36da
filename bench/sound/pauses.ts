import type { PauseBehavior } from '../../src/recorder/recording/pauses.ts';
import { readTrack } from '../../src/recorder/spool/read-track.ts';
import { decodePcmu } from '../../src/rtp/g711.ts';
import { parseRtp } from '../../src/rtp/packet.ts';
import { type PausedCall, pausedCall, pauseNetworks, type SaidPause } from '../../test/sound/paused-call.ts';
import { captureSimulated, renderSpoolSound } from '../../test/sound/simulated-recording.ts';
import { atMost, type Chapter } from './promise.ts';

const calls = 40;
/** Sound is on the timeline one usual packet after it was made. */
const packetMs = 20;

/** How long it is silent before and after what a pause has to leave silent, ms. */
const missingBeside = (samples: Int16Array, { from, to }: SaidPause): { before: number; after: number } => {
  // A tone passes through zero, but not for eight samples in a row.
  const sounds = (at: number): boolean => samples.subarray(at, at + 8).some((sample) => sample !== 0);
  const begin = Math.round(8 * (from + packetMs));
  const end = Math.round(8 * (to + packetMs));
  let before = 0;
  let after = 0;
  while (before < begin && !sounds(begin - before - 8)) before++;
  while (end + after < samples.length && !sounds(end + after)) after++;
  return { before: before / 8, after: after / 8 };
};

/** Of calls over a network that delays nothing, the most that is missing of the sound beside pauses, ms. */
const worstBeside = async (folder: string): Promise<{ before: number; after: number }> => {
  const worst = { before: 0, after: 0 };
  for (let seed = 1; seed <= calls / 2; seed++) {
    const call = pausedCall(seed, pauseNetworks[0]);
    const pauses = call.pauses.map((pause): SaidPause => ({ ...pause, behavior: 'silence' }));
    const { channels } = await record(folder, { ...call, pauses });
    for (const samples of channels) {
      for (const pause of pauses) {
        const { before, after } = missingBeside(samples, pause);
        worst.before = Math.max(worst.before, before);
        worst.after = Math.max(worst.after, after);
      }
    }
  }
  return worst;
};

/** The loudest sample that a spool holds of a call's two tracks. */
const loudestInSpool = async (dir: string): Promise<number> => {
  let most = 0;
  for (const track of ['speak', 'listen'] as const) {
    for await (const packets of readTrack(dir, track)) {
      for (const { datagram } of packets) {
        const payload = parseRtp(datagram)?.payload;
        if (payload) most = decodePcmu(payload).reduce((loud, sample) => Math.max(loud, Math.abs(sample)), most);
      }
    }
  }
  return most;
};

const record = async (folder: string, call: PausedCall) => {
  const dir = await captureSimulated({ root: folder, ...call });
  return { spool: await loudestInSpool(dir), ...(await renderSpoolSound(dir)) };
};

/** Calls of which each shouts exactly in its pauses. */
export const pauseChapter: Chapter = {
  title: 'Pauses',
  async measure(folder) {
    let secrets = 0;
    const worst: Record<PauseBehavior, number> = { skip: 0, silence: 0 };
    let leftOut = 0;
    for (let seed = 1; seed <= calls; seed++) {
      const call = pausedCall(seed);
      const { spool, channels, plan } = await record(folder, call);
      const loud = [spool, ...channels.map((samples) => samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0))];
      secrets += loud.filter((most) => most >= call.loudest).length;
      const paused = call.pauses.reduce((sum, { from, to }) => sum + to - from, 0);
      const wanted = call.stopMs - (call.behavior === 'skip' ? paused : 0);
      worst[call.behavior] = Math.max(
        worst[call.behavior],
        Math.abs((plan.frames * 1000) / plan.shape.sampleRate - wanted),
      );
      leftOut += paused;
    }
    const beside = await worstBeside(folder);
    return [
      {
        promise: `${calls} calls that shout in ${(leftOut / 1000).toFixed(0)} s of pauses, over networks with jitter up to 300 ms, loss and drift: spools and files that hold a sample of it`,
        limit: 'none',
        measured: `${secrets}`,
        kept: secrets === 0,
      },
      atMost('sound that is missing before a pause, over a network that delays nothing', packetMs, 'ms', beside.before),
      atMost('and after it', packetMs, 'ms', beside.after),
      atMost('length of the file, pauses skipped', 20, 'ms off', worst.skip, 3),
      atMost('length of the file, pauses as silence', 20, 'ms off', worst.silence, 3),
    ];
  },
};
