import type { PayloadMap } from '../../src/recorder/spool/journal.ts';
import { createSender, randomNumbers, type SenderOptions, type Sent } from '../unit/track/sender.ts';
import { findMarkers, markedSecond } from './markers.ts';
import { captureSimulated, renderSpoolSound, type SimulatedRecording } from './simulated-recording.ts';

/** How one side of a call lasts: how its clock, its network and its telephone behave. */
export interface Side {
  /** Of its clock against ours. */
  readonly ppm?: number;
  /** Share of packets that never come. */
  readonly loss?: number;
  /** Even jitter, ms. */
  readonly jitterMs?: number;
  /** Falls silent without sending for up to so long after each few seconds. */
  readonly dtxMs?: number;
  /** Becomes another source, in another codec with other packets, each so many seconds. */
  readonly changesEachS?: number;
  /** Its timestamps jump anywhere each so many seconds, its sequence numbers every other time. */
  readonly jumpsEachS?: number;
}

/** A call of some hours whose time nobody has to wait for. */
export interface LongCall {
  readonly name: string;
  readonly seconds: number;
  readonly speak: Side;
  readonly listen: Side;
}

/** What became of it, in ms; a track has its sound one packet after it was made. */
export interface LongCallResult {
  /** Length of the file against the clock. */
  readonly lengthMs: number;
  /** How far the marker furthest from its place is from it. */
  readonly worstMs: { readonly speak: number; readonly listen: number };
  /** How far left and right are apart where they are furthest apart, within the same two seconds. */
  readonly apartMs: number;
  /** Markers that were found, of those that were said. */
  readonly found: number;
  readonly said: number;
  /** Packets lost, of those sent. */
  readonly lostShare: number;
  readonly channels: readonly Int16Array[];
  readonly spool: string;
}

const marked = markedSecond();
const ptimes = [20, 30, 60, 10] as const;
/** Sound of the usual ptime is put at its arrival, one packet after it was captured. */
const usualPtimeMs = 20;
/** Further from where it belongs, a marker is taken for another one. */
const searchMs = 400;
const sameTimeMs = 2000;

interface Talk {
  readonly sent: readonly Sent[];
  /** Where each marker belongs. */
  readonly expected: readonly number[];
}

const talkOf = (side: Side, seconds: number, seed: number): Talk => {
  const random = randomNumbers(seed);
  const { loss = 0, jitterMs = 0, ppm = 0 } = side;
  const network: SenderOptions['network'] = () => (random() < loss ? undefined : random() * jitterMs);
  // Both numbers wrap in the first minute.
  const sender = createSender({ ppm, network, ssrc: seed, sequence: 64_000, timestamp: 2 ** 32 - 100_000 });
  const expected: number[] = [];
  let changed = 0;
  let jumped = 0;
  while (sender.nowMs() < (seconds - 1) * 1000) {
    expected.push(sender.nowMs() + usualPtimeMs);
    sender.say(marked);
    const now = sender.nowMs() / 1000;
    if (side.changesEachS !== undefined && now >= (changed + 1) * side.changesEachS) {
      changed++;
      Object.assign(sender.phone, {
        ssrc: seed + changed,
        sequence: Math.floor(random() * 65_536),
        timestamp: Math.floor(random() * 2 ** 32),
        payloadType: changed % 2 === 1 ? 8 : 0,
        ptimeMs: ptimes[changed % ptimes.length] ?? 20,
      });
    }
    if (side.jumpsEachS !== undefined && now >= (jumped + 0.5) * side.jumpsEachS) {
      jumped++;
      sender.phone.timestamp = Math.floor(random() * 2 ** 32);
      if (jumped % 2 === 0) sender.phone.sequence = Math.floor(random() * 65_536);
    }
    if (side.dtxMs !== undefined && random() < 0.3) sender.pause(20 * Math.ceil((random() * side.dtxMs) / 20));
  }
  return { sent: sender.arrivals(), expected };
};

/** For each marker: where it belongs, and how late (positive) or early it is. */
const errorsOf = (
  samples: Int16Array,
  expected: readonly number[],
): { readonly at: number; readonly error: number }[] => {
  const markers = findMarkers(samples);
  let next = 0;
  return expected.flatMap((at) => {
    while (next < markers.length && (markers[next] ?? 0) < at - searchMs) next++;
    const found = markers[next];
    return found === undefined || found > at + searchMs ? [] : [{ at, error: found - at }];
  });
};

const furthestApart = (
  left: readonly { readonly at: number; readonly error: number }[],
  right: readonly { readonly at: number; readonly error: number }[],
): number => {
  let worst = 0;
  let from = 0;
  for (const one of left) {
    while ((right[from]?.at ?? Number.POSITIVE_INFINITY) < one.at - sameTimeMs) from++;
    for (let i = from; (right[i]?.at ?? Number.POSITIVE_INFINITY) <= one.at + sameTimeMs; i++) {
      worst = Math.max(worst, Math.abs(one.error - (right[i]?.error ?? 0)));
    }
  }
  return worst;
};

const worstOf = (errors: readonly { readonly error: number }[]): number =>
  errors.reduce((worst, { error }) => Math.max(worst, Math.abs(error)), 0);

const payloads: PayloadMap = {
  0: { codec: 'PCMU', clockRate: 8000, channels: 1 },
  8: { codec: 'PCMA', clockRate: 8000, channels: 1 },
};

/** Lets the real capture write the call and the worker's code render it; the same seed gives the same figures. */
export const recordLongCall = async (
  root: string,
  { seconds, speak, listen }: LongCall,
  more: Partial<SimulatedRecording> = {},
): Promise<LongCallResult> => {
  const talks = { speak: talkOf(speak, seconds, 1000), listen: talkOf(listen, seconds, 2000) };
  const stopMs = seconds * 1000;
  const spool = await captureSimulated({
    root,
    stopMs,
    payloads,
    tracks: { speak: talks.speak.sent, listen: talks.listen.sent },
    ...more,
  });
  const { channels, plan, reports } = await renderSpoolSound(spool);
  const [left = [], right = []] = channels.map((samples, channel) =>
    errorsOf(samples, channel === 0 ? talks.speak.expected : talks.listen.expected),
  );
  const sent = [reports.speak, reports.listen].reduce(
    (sum, report) => ({ lost: sum.lost + (report?.lost ?? 0), packets: sum.packets + (report?.packets ?? 0) }),
    { lost: 0, packets: 0 },
  );
  return {
    lengthMs: Math.abs((plan.frames * 1000) / plan.shape.sampleRate - stopMs),
    worstMs: { speak: worstOf(left), listen: worstOf(right) },
    apartMs: furthestApart(left, right),
    found: left.length + right.length,
    said: talks.speak.expected.length + talks.listen.expected.length,
    lostShare: sent.lost / Math.max(1, sent.lost + sent.packets),
    channels,
    spool,
  };
};

const hour = 3600;

/** What goes wrong in long calls, an hour of each. */
export const longCalls = {
  clocks: {
    name: 'clocks 500 ppm fast and slow, 15 % loss, 30 ms of jitter',
    seconds: hour,
    speak: { ppm: 500, loss: 0.15, jitterMs: 30 },
    listen: { ppm: -500, loss: 0.15, jitterMs: 30 },
  },
  loss: {
    name: 'the same with 40 % loss and 300 ms of jitter on one side',
    seconds: hour,
    speak: { ppm: 500, loss: 0.4, jitterMs: 300 },
    listen: { ppm: -500, jitterMs: 30 },
  },
  silence: {
    name: 'clocks 500 ppm fast and slow, sides that send nothing for up to 4 s at a time (DTX)',
    seconds: hour,
    speak: { ppm: 500, dtxMs: 4000, jitterMs: 20 },
    listen: { ppm: -500, dtxMs: 4000, jitterMs: 20 },
  },
  changes: {
    name: 'all of it: drift, 40 % loss, DTX, another SSRC, codec and ptime each minute, jumps of the timestamps, wraps',
    seconds: hour,
    speak: { ppm: 500, loss: 0.4, jitterMs: 30, dtxMs: 3000, changesEachS: 60, jumpsEachS: 47 },
    listen: { ppm: -500, loss: 0.15, jitterMs: 30, dtxMs: 3000, changesEachS: 53, jumpsEachS: 61 },
  },
} as const satisfies Record<string, LongCall>;
