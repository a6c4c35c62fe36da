import { setTimeout as sleep } from 'node:timers/promises';
import type { Rtpengine } from '../../src/rtpengine/rtpengine.ts';
import { parseAudio } from '../../src/sdp/audio.ts';
import { receivedPackets } from '../measure/rtpengine-stats.ts';
import type { Pacer } from './pacer.ts';
import type { LoadedCall, RelayPlan } from './plan.ts';
import { openStream, type Stream } from './stream.ts';

/** Milliseconds in which the last packets reach rtpengine, however busy the machine is. */
const settleMs = 200;

/** One call between two phones through rtpengine; never rejects. `signal` ends it. */
export const relayCall = async (
  plan: RelayPlan,
  index: number,
  rtpengine: Rtpengine,
  pacer: Pacer,
  signal: AbortSignal,
): Promise<LoadedCall> => {
  const [a, b] = await Promise.all([openStream(pacer), openStream(pacer)]);
  const id = { 'call-id': `bench-${index}` };
  let relayed: number | undefined;
  let error: string | undefined;
  try {
    await connect(rtpengine, id, a, b);
    if (plan.record) await rtpengine.command('startRecording', id);
    await sleep(plan.seconds * 1000, undefined, { signal }).catch(() => {
      error = 'the call was broken off';
    });
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : String(thrown);
  }
  a.stop();
  b.stop();
  // What was sent last is counted too.
  await sleep(settleMs);
  try {
    // rtpengine 10.5 dies if it is ended while it records.
    if (plan.record) await rtpengine.command('stopRecording', id);
    relayed = receivedPackets(await rtpengine.command('delete', { ...id, 'from-tag': 'a', 'delete-delay': 0 }));
  } catch (thrown) {
    error ??= thrown instanceof Error ? thrown.message : String(thrown);
  }
  await Promise.all([a.close(), b.close()]);
  return {
    seconds: a.seconds(),
    sent: a.sent() + b.sent(),
    ...(relayed === undefined ? {} : { relayed }),
    ...(error === undefined ? {} : { error }),
  };
};

const connect = async (rtpengine: Rtpengine, id: Record<string, string>, a: Stream, b: Stream): Promise<void> => {
  const common = { ...id, 'from-tag': 'a', ICE: 'remove', replace: ['origin', 'session-connection'] };
  const offer = await rtpengine.command('offer', { ...common, sdp: a.sdp() });
  const answer = await rtpengine.command('answer', { ...common, 'to-tag': 'b', sdp: b.sdp() });
  const toA = parseAudio(answer.sdp ?? '');
  const toB = parseAudio(offer.sdp ?? '');
  a.start(toA.address, toA.port);
  b.start(toB.address, toB.port);
};
