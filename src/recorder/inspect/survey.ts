import type { OpusDecoder } from '../../rtp/opus.ts';
import { parseRtp, type RtpPacket } from '../../rtp/packet.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import { createLiveAnalysis } from '../capture/live-analysis.ts';
import type { SpoolPacket } from '../spool/rtpdump.ts';
import { createPayloadTypes, knownCodecs } from '../track/codecs.ts';
import { createLossFinder } from '../track/losses.ts';

/** What the packets of one track tell of themselves; times are ms on the recording's clock. */
export interface Survey {
  readonly bytes: number;
  /** Each time that another source was heard. */
  readonly sources: readonly { readonly ssrc: number; readonly at: number }[];
  /** Each time that sound came in another way. */
  readonly codecs: readonly {
    readonly payloadType: number;
    readonly codec: string;
    /** Undefined for a codec that has no decoder. */
    readonly ptimeMs?: number;
    readonly at: number;
  }[];
  /** Times without a packet, from 200 ms on. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
  /** Where sequence numbers are missing. */
  readonly losses: readonly { readonly at: number; readonly packets: number }[];
  readonly keys: readonly {
    readonly digit: string;
    readonly from: number;
    readonly to: number;
    readonly via: 'rfc4733' | 'inband';
  }[];
}

/** Takes the packets of a track in the order of their arrival. */
export interface Surveyor {
  packet(packet: SpoolPacket): void;
  /** What payload types mean from now on. */
  payloads(map: PayloadMap): void;
  /** Nothing was recorded from `from` to `to`: no gap, no loss. */
  pause(from: number, to: number): void;
  survey(): Survey;
}

const gapMs = 200;
/** Lists end here: beyond, they tell nobody anything. */
const mostListed = 1000;

type Draft<List> = List extends readonly (infer Item)[] ? { -readonly [Key in keyof Item]: Item[Key] }[] : never;

/** A survey of a track without packets; `opus` decodes at 8 kHz where there is any, and is closed at the end. */
export const createSurveyor = (opus?: OpusDecoder): Surveyor => {
  const types = createPayloadTypes(knownCodecs);
  const names = new Map<number, string>();
  let bytes = 0;
  const sources: Draft<Survey['sources']> = [];
  const codecs: Draft<Survey['codecs']> = [];
  const gaps: Draft<Survey['gaps']> = [];
  const losses = createLossFinder(mostListed);
  const keys: Draft<Survey['keys']> = [];
  let lastMs: number | undefined;
  let lastSsrc: number | undefined;

  const key =
    (via: 'rfc4733' | 'inband') =>
    (digit: string, from: number, to: number): void =>
      add(keys, { digit, from, to, via });
  const analysis = createLiveAnalysis({
    digits: { report: key('rfc4733') },
    tones: { report: key('inband') },
    ...(opus ? { opus } : {}),
  });

  const sound = (packet: RtpPacket, at: number): void => {
    const meaning = types.kindOf(packet.payloadType);
    if (meaning.kind === 'event' || meaning.kind === 'comfort-noise') return;
    const codec = meaning.kind === 'sound' ? meaning.codec : undefined;
    const name = codec?.name ?? names.get(packet.payloadType) ?? 'unknown';
    const last = codecs.at(-1);
    const ptimeMs = codec && (codec.ticks(packet.payload) * 1000) / codec.clockRate;
    if (last?.payloadType === packet.payloadType && last.codec === name && last.ptimeMs === ptimeMs) return;
    add(codecs, { payloadType: packet.payloadType, codec: name, at, ...(ptimeMs === undefined ? {} : { ptimeMs }) });
  };

  return {
    packet({ offsetMs, datagram, rtcp }) {
      bytes += datagram.length;
      const packet = rtcp ? undefined : parseRtp(datagram);
      if (packet === undefined) return;
      if (lastMs !== undefined && offsetMs - lastMs >= gapMs) add(gaps, { from: lastMs, to: offsetMs });
      lastMs = offsetMs;
      if (packet.ssrc !== lastSsrc) add(sources, { ssrc: packet.ssrc, at: offsetMs });
      lastSsrc = packet.ssrc;
      losses.packet(packet, offsetMs);
      sound(packet, offsetMs);
      analysis.tick(offsetMs);
      analysis.packet(packet, offsetMs);
    },
    payloads(map) {
      types.learn(map);
      analysis.update(map);
      for (const [type, format] of Object.entries(map)) names.set(Number(type), format.codec);
    },
    pause(from, to) {
      if (lastMs !== undefined && from - lastMs >= gapMs) add(gaps, { from: lastMs, to: from });
      lastMs = to;
      losses.restart();
    },
    survey() {
      analysis.finish(lastMs ?? 0);
      return { bytes, sources, codecs, gaps, losses: losses.losses(), keys };
    },
  };
};

const add = <Item>(list: Item[], item: Item): void => {
  if (list.length < mostListed) list.push(item);
};
