import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRtcp } from '../../src/rtp/packet.ts';
import { parseAudio } from '../../src/sdp/audio.ts';
import { cryptosOf, withSecurity } from '../../src/sdp/security.ts';
import { type AudioDescription, writeAudio } from '../../src/sdp/write.ts';
import { goertzelDb } from '../sound/tone.ts';
import { type Arrival, createHeard, levelRange } from './heard.ts';
import { createSpeech, payloadTypeOf, telephoneEventType } from './speech.ts';
import { createSrtp, type Srtp } from './srtp.ts';
import { type Codec, toneFrames } from './tone-frames.ts';

export interface PhoneOptions {
  /** The tone it sends, whole hertz. */
  readonly hz: number;
  /** Default: PCMU. */
  readonly codec?: Codec;
  /** 1 = full scale. Default: 0.3. */
  readonly amplitude?: number;
  /** Speaks SRTP (SDES), always or where the far end does (RFC 8643). Default: no. */
  readonly srtp?: 'required' | 'optional';
}

export interface HearingLimits {
  /** Each tenth of a second of it must be louder than this. Default: -30 dBFS. */
  readonly aboveDb?: number;
  /** Default: 300 ms. */
  readonly forMs?: number;
  /** Default: 5000 ms. */
  readonly timeoutMs?: number;
  /** Only what comes from now on counts. Default: false. */
  readonly anew?: boolean;
}

/** The media end of a call: sends a tone in RTP on 127.0.0.1 and keeps what it receives. */
export interface Phone {
  readonly address: string;
  readonly port: number;
  readonly codec: Codec;
  readonly ssrc: number;
  /** Its SDP, an offer or an answer: its codec and telephone-event. */
  sdp(direction?: AudioDescription['direction']): string;
  /** Reads the far end's SDP: the payload types that it takes, and its key. */
  learn(sdp: string): void;
  /** A new key of its own in the next SDP, and from now on. */
  rekey(): void;
  /** Another codec in the next SDP, and from now on: its tone. */
  use(codec: Codec): Promise<void>;
  /** Datagrams that were no SRTP of the far end's key. */
  notAuthentic(): number;
  /** Starts the 20 ms clock; while it runs, sends to the new place instead. */
  startSending(address: string, port: number): void;
  /** Nothing is sent while the clock goes on, as a phone with silence suppression does. */
  pause(): void;
  resume(): void;
  /** Another tone from the next packet on; 0 is silence that is sent. */
  say(hz: number): void;
  /** Resolves when it has sent so many more seconds of its tone. */
  speakFor(seconds: number): Promise<void>;
  /** Sends an RFC 4733 event as payload type 101; resolves when the key is up. */
  sendDigit(digit: string, durationMs?: number): Promise<void>;
  /** Sends this sound, 8 kHz, in place of its tone; resolves when it was sent. */
  play(sound: Float64Array): Promise<void>;
  /** All that was heard, 8 kHz, from the first packet on. */
  heard(): Int16Array;
  /** The level of one frequency in what was heard, dBFS. */
  heardDb(hz: number, fromS?: number, toS?: number): number;
  /** The digits of the RFC 4733 events that were heard. */
  heardDigits(): string;
  arrivals(): readonly Arrival[];
  /** performance.now() of the first packet that was received and of the first one that was sent. */
  firstHeardAtMs(): number | undefined;
  firstSentAtMs(): number | undefined;
  sentPackets(): number;
  /** Resolves when the tone was there for as long as asked until now; rejects with what was heard instead. */
  waitUntilHears(hz: number, limits?: HearingLimits): Promise<void>;
  /** Resolves when the tone was at most `aboveDb` loud for as long as asked until now. */
  waitUntilSilentAt(hz: number, limits?: HearingLimits): Promise<void>;
  /** Stops sending; it goes on hearing. */
  stop(): void;
  /** Idempotent. */
  close(): Promise<void>;
}

const packetMs = 20;
const address = '127.0.0.1';

export const createPhone = async (options: PhoneOptions): Promise<Phone> => {
  const { amplitude = 0.3 } = options;
  let { codec = 'PCMU' } = options;
  const socket = await bindEven();
  const { port } = socket.address();
  const ssrc = Math.floor(Math.random() * 2 ** 32);
  const speech = createSpeech({ codec, frames: await toneFrames(codec, options.hz, amplitude), amplitude, ssrc });
  const heard = createHeard();
  if (codec === 'OPUS') await heard.prepareOpus();
  /** What comes and goes as which payload type. */
  let types = { sound: payloadTypeOf[codec], events: telephoneEventType };
  let keyTag = 1;
  let ownKey = createSrtp();
  let farKey: Srtp | undefined;
  let secure = options.srtp === 'required';
  let heardOf = false;
  let notAuthentic = 0;
  let to: { address: string; port: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let paused = false;
  let startedAtMs = 0;
  let ticks = 0;
  let firstSentAtMs: number | undefined;
  let sentPackets = 0;
  let closed: Promise<void> | undefined;

  socket.on('message', (datagram) => {
    if (isRtcp(datagram)) return;
    const plain = secure ? farKey?.unprotect(datagram) : datagram;
    if (plain === undefined) notAuthentic++;
    else heard.take(plain, heardTypes());
  });
  // A far end that has gone away says so by ICMP; the test sees what it hears.
  socket.on('error', () => undefined);

  /** What it has offered or answered with, whatever it sends as. */
  const heardTypes = () =>
    new Map<number, Codec | 'events'>([
      [0, 'PCMU'],
      [8, 'PCMA'],
      [9, 'G722'],
      [18, 'G729'],
      [payloadTypeOf[codec], codec],
      [types.sound, codec],
      [telephoneEventType, 'events'],
      [types.events, 'events'],
    ]);

  const tick = (): void => {
    // By the clock and not by the timer, which comes late: what is overdue is sent at once.
    while (startedAtMs + ticks * packetMs <= performance.now()) {
      ticks += 1;
      const datagram = speech.next(paused);
      if (datagram === undefined || to === undefined) continue;
      firstSentAtMs ??= performance.now();
      sentPackets += 1;
      socket.send(secure ? ownKey.protect(datagram) : datagram, to.port, to.address, () => undefined);
    }
    timer = setTimeout(tick, Math.max(0, startedAtMs + ticks * packetMs - performance.now()));
  };

  const slice = (fromS = 0, toS?: number): Int16Array =>
    heard.samples().subarray(Math.round(fromS * 8000), toS === undefined ? undefined : Math.round(toS * 8000));

  const wait = async (
    what: string,
    hz: number,
    limits: HearingLimits,
    met: (db: { least: number; most: number }) => boolean,
  ) => {
    const { forMs = 300, timeoutMs = 5000, anew = false } = limits;
    const deadline = performance.now() + timeoutMs;
    const enough = anew ? heard.arrivals().length + forMs / packetMs + 2 : 0;
    while (heard.arrivals().length < enough || !met(levelRange(heard.lately(forMs), hz))) {
      if (performance.now() > deadline) {
        throw new Error(`the phone on port ${port} did not ${what} ${hz} Hz within ${timeoutMs} ms; ${describe()}`);
      }
      await sleep(20);
    }
  };

  /** For failing tests. */
  const describe = (): string => {
    const all = heard.samples();
    const last = heard.lately(1000);
    const loudest = Array.from({ length: 68 }, (_, i) => 50 * (i + 2))
      .map((hz) => ({ hz, db: Math.round(goertzelDb(last, 8000, hz)) }))
      .filter(({ db }) => db > -50)
      .sort((a, b) => b.db - a.db)
      .slice(0, 5);
    const sources = new Set(heard.arrivals().map(({ ssrc, payloadType }) => `ssrc ${ssrc} type ${payloadType}`));
    return (
      `it has received ${heard.arrivals().length} packets, ${(all.length / 8000).toFixed(2)} s, from ${[...sources].join(', ') || 'nobody'}; ` +
      `it has sent ${sentPackets} to ${to ? `${to.address}:${to.port}` : 'nobody'}; ` +
      `loudest in the last second: ${loudest.map(({ hz, db }) => `${hz} Hz ${db} dB`).join(', ') || 'nothing above -50 dB'}`
    );
  };

  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };

  return {
    address,
    port,
    get codec() {
      return codec;
    },
    ssrc,
    sdp(direction = 'sendrecv') {
      const clockRate = codec === 'OPUS' ? 48_000 : 8000;
      const plain = writeAudio({
        address,
        port,
        payloadTypes: [types.sound, types.events],
        payloads: {
          [types.sound]: { codec, clockRate, channels: codec === 'OPUS' ? 2 : 1 },
          [types.events]: { codec: 'TELEPHONE-EVENT', clockRate, channels: 1 },
        },
        direction,
      });
      if (options.srtp === undefined || (options.srtp === 'optional' && heardOf && !secure)) return plain;
      const key = { tag: keyTag, suite: 'AES_CM_128_HMAC_SHA1_80', rest: `inline:${ownKey.inline}` };
      return withSecurity(plain, options.srtp === 'required' ? 'RTP/SAVP' : 'RTP/AVP', [key]);
    },
    learn(sdp) {
      const media = parseAudio(sdp);
      const typeOf = (name: string): number | undefined =>
        media.payloadTypes.find((payloadType) => media.payloads[payloadType]?.codec === name);
      types = { sound: typeOf(codec) ?? types.sound, events: typeOf('TELEPHONE-EVENT') ?? types.events };
      speech.sendAs(types);
      heardOf = true;
      const key = cryptosOf(sdp).find(({ suite }) => suite === 'AES_CM_128_HMAC_SHA1_80');
      if (options.srtp === undefined) return;
      secure = options.srtp === 'required' || key !== undefined;
      keyTag = key?.tag ?? 1;
      const inline = /^inline:([^|\s]+)/.exec(key?.rest ?? '')?.[1];
      if (inline === undefined) farKey = undefined;
      // The same key again goes on where it was.
      else if (inline !== farKey?.inline) farKey = createSrtp(inline);
    },
    rekey() {
      ownKey = createSrtp();
    },
    async use(next) {
      if (next === 'OPUS') await heard.prepareOpus();
      speech.use(next, await toneFrames(next, options.hz, amplitude));
      codec = next;
      types = { ...types, sound: payloadTypeOf[next] };
    },
    notAuthentic: () => notAuthentic,
    startSending(toAddress, toPort) {
      to = { address: toAddress, port: toPort };
      if (timer !== undefined || closed !== undefined) return;
      startedAtMs = performance.now();
      ticks = 0;
      tick();
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
    },
    say: speech.say,
    async speakFor(seconds) {
      const enough = sentPackets + (seconds * 1000) / packetMs;
      while (sentPackets < enough) {
        if (timer === undefined) throw new Error(`the phone on port ${port} can't speak: it does not send`);
        await sleep(packetMs);
      }
    },
    play: speech.play,
    sendDigit(digit, durationMs = 100) {
      if (timer === undefined) throw new Error(`the phone on port ${port} can't press ${digit}: it does not send`);
      return speech.press(digit, durationMs);
    },
    heard: heard.samples,
    heardDb: (hz, fromS, toS) => goertzelDb(slice(fromS, toS), 8000, hz),
    heardDigits: heard.digits,
    arrivals: heard.arrivals,
    firstHeardAtMs: heard.firstAtMs,
    firstSentAtMs: () => firstSentAtMs,
    sentPackets: () => sentPackets,
    waitUntilHears: (hz, limits = {}) => wait('hear', hz, limits, ({ least }) => least > (limits.aboveDb ?? -30)),
    waitUntilSilentAt: (hz, limits = {}) =>
      wait('stop to hear', hz, limits, ({ most }) => most <= (limits.aboveDb ?? -30)),
    stop,
    close() {
      stop();
      closed ??= new Promise<void>((resolve) => socket.close(() => resolve())).then(heard.close);
      return closed;
    },
  };
};

/** An even port, as RTP has it (RFC 3550 section 11), from the system's range, which is above rtpengine's. */
const bindEven = async (): Promise<Socket> => {
  for (;;) {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    socket.bind(0, address);
    await once(socket, 'listening');
    if (socket.address().port % 2 === 0) return socket;
    socket.close();
  }
};
