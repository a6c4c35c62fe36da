import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { pino } from 'pino';
import { freePort } from '../../../src/embedded/ports.ts';
import { deathWrapper } from '../../../src/embedded/program.ts';
import { createEmbeddedRtpengine } from '../../../src/embedded/rtpengine.ts';
import { type Fork, openFork } from '../../../src/recorder/fork/fork.ts';
import type { TrackName } from '../../../src/recorder/recording/parameters.ts';
import type { PayloadMap } from '../../../src/rtp/payload.ts';
import { createRtpengine } from '../../../src/rtpengine/rtpengine.ts';
import { parseAudio } from '../../../src/sdp/audio.ts';
import { clip } from '../../../src/switch/media/prompt/clip.ts';
import { createPromptClock } from '../../../src/switch/media/prompt/clock.ts';
import { createPromptEndpoint } from '../../../src/switch/media/prompt/endpoint.ts';
import { createMediaSession, type MediaSession } from '../../../src/switch/media/session.ts';
import { createHeard, type Heard, levelRange } from '../../kit/heard.ts';
import { createPhone, type Phone, type PhoneOptions } from '../../kit/phone.ts';
import type { Codec } from '../../kit/tone-frames.ts';
import { tone } from '../../sound/tone.ts';

const log = pino({ level: 'silent' });

export const partyHz = 440;
export const peerHz = 900;
export const promptHz = 1300;

/** A copy of one direction, as a recorder gets it. */
export interface TestFork {
  readonly heard: Heard;
  /** Resolves when the tone has been in it for 300 ms from now on. */
  hears(hz: number): Promise<void>;
  /** Codecs that came since the last time it was asked, by what the session has told of payload types. */
  codecs(): readonly string[];
}

/** One call: its session, its prompt of a tone without end, and both its forks. */
export interface TestCall {
  readonly session: MediaSession;
  fork(track: TrackName): Promise<TestFork>;
  phone(options?: Partial<PhoneOptions>): Promise<Phone>;
}

/** An rtpengine with all that a media session needs. */
export const startMediaRig = async () => {
  const part = await createEmbeddedRtpengine({
    port: await freePort('udp', '127.0.0.1'),
    calls: 30,
    wrapper: await deathWrapper(),
    log,
  });
  await part.part.start();
  const rtpengine = createRtpengine({ address: part.address, log });
  const clock = createPromptClock({ log });
  clock.start();
  let calls = 0;

  /** Runs a test with a call of its own, which ends with it: a phone that went on would be heard in the next call. */
  const withCall = async (work: (call: TestCall) => Promise<void>): Promise<void> => {
    const cleanUp: (() => Promise<unknown>)[] = [];
    const failed: unknown[] = [];
    try {
      await work(await call(cleanUp, failed));
      if (failed.length > 0) throw failed[0];
    } finally {
      await Promise.all(cleanUp.map((close) => close()));
    }
  };

  const call = async (cleanUp: (() => Promise<unknown>)[], failed: unknown[]): Promise<TestCall> => {
    const callId = `call-${++calls}`;
    const endpoint = createPromptEndpoint({ address: '127.0.0.1', clock, log });
    await endpoint.start();
    const told: Record<string, PayloadMap> = {};
    const forks: Partial<Record<TrackName, Fork>> = {};
    const session = createMediaSession({
      rtpengine,
      callId,
      endpoint,
      onPayloads: (of, payloads) => {
        const track = of === 'party' ? 'speak' : 'listen';
        told[track] = payloads;
        // As the recorder does.
        forks[track]?.changed(payloads).catch((error: unknown) => failed.push(error));
      },
      log,
    });
    // It ends with the endpoint.
    endpoint.play(clip(tone(promptHz, 8000, 60, 0.3))).catch(() => undefined);
    cleanUp.push(session.close);

    const fork = async (track: TrackName): Promise<TestFork> => {
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      const heard = createHeard();
      await heard.prepareOpus();
      let codecs: string[] = [];
      const nameOf = (payloadType: number): string =>
        payloadType === 8 ? 'PCMA' : (told[track]?.[payloadType]?.codec ?? `unknown ${payloadType}`);
      socket.on('message', (datagram) => {
        const before = heard.arrivals().length;
        const payloadType = (datagram[1] ?? 0) & 0x7f;
        const codec = nameOf(payloadType);
        heard.take(datagram, new Map([[payloadType, codec === 'TELEPHONE-EVENT' ? 'events' : (codec as Codec)]]));
        if (heard.arrivals().length > before && codecs.at(-1) !== codec) codecs.push(codec);
      });
      forks[track] = await openFork(session.source, {
        track,
        id: `${callId}-${track}`,
        to: { address: '127.0.0.1', port: socket.address().port },
        prepared: (media) => {
          told[track] ??= media.payloads;
        },
      });
      cleanUp.push(async () => {
        socket.close();
        await heard.close();
      });
      return {
        heard,
        async hears(hz) {
          const deadline = performance.now() + 5000;
          const enough = heard.arrivals().length + 17;
          while (heard.arrivals().length < enough || levelRange(heard.lately(300), hz).least < -30) {
            const came = `${heard.arrivals().length} packets of ${codecs}`;
            if (performance.now() > deadline) throw new Error(`the fork of ${track} did not hear ${hz} Hz: ${came}`);
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        },
        codecs() {
          const came = codecs;
          codecs = [];
          return came;
        },
      };
    };

    return {
      session,
      fork,
      async phone(options = {}) {
        const phone = await createPhone({ hz: partyHz, ...options });
        cleanUp.push(phone.close);
        return phone;
      },
    };
  };

  return {
    rtpengine,
    withCall,
    async close() {
      await clock.close();
      rtpengine.close();
      await part.part.close();
    },
  };
};

export type MediaRig = Awaited<ReturnType<typeof startMediaRig>>;

/** A phone takes our SDP: it learns from it, and sends to where it says. */
export const talk = (phone: Phone, sdp: string): void => {
  phone.learn(sdp);
  const { address, port } = parseAudio(sdp);
  phone.startSending(address, port);
};

/** The party offers, is answered, and talks. */
export const dialIn = async (
  { session }: TestCall,
  phone: Phone,
  offer: (own: string) => string = (own) => own,
): Promise<string> => {
  const answer = await session.answer(offer(phone.sdp()));
  talk(phone, answer);
  return answer;
};
