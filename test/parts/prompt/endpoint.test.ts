import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildRtp } from '../../../src/rtp/packet.ts';
import { buildTelephoneEvent, eventOfDigit, parseTelephoneEvent } from '../../../src/rtp/telephone-event.ts';
import { createPartyDigits } from '../../../src/switch/media/party-digits.ts';
import { clip, silence } from '../../../src/switch/media/prompt/clip.ts';
import { createPromptClock, type PromptClock } from '../../../src/switch/media/prompt/clock.ts';
import { openDeafSocket } from '../../../src/switch/media/prompt/deaf-socket.ts';
import { createPromptEndpoint, type PromptEndpoint } from '../../../src/switch/media/prompt/endpoint.ts';
import { createKeySender } from '../../../src/switch/media/prompt/key-sender.ts';
import type { PcmSource } from '../../../src/switch/media/prompt/pcm-source.ts';
import { createPromptPlayer } from '../../../src/switch/media/prompt/player.ts';
import { createPrompts } from '../../../src/switch/media/prompt/prompts.ts';
import { goertzelDb, tone } from '../../sound/tone.ts';
import { eventually } from '../eventually.ts';
import { createListener, isSilent, type Listener } from './listener.ts';

/** A machine that is busy with other tests wakes us late; the clock's own exactness has its own tests. */
const toleranceMs = 100;

const logged: string[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => logged.push(line) });

let clock: PromptClock;
let endpoint: PromptEndpoint;
let listener: Listener;

beforeEach(async () => {
  logged.length = 0;
  clock = createPromptClock({ log });
  clock.start();
  endpoint = createPromptEndpoint({ address: '127.0.0.1', clock, log });
  [listener] = await Promise.all([createListener(), endpoint.start()]);
});

afterEach(async () => {
  await endpoint.close();
  await clock.close();
  await listener.close();
});

const connect = (): void => endpoint.connect({ address: '127.0.0.1', port: listener.port, codec: 'PCMU' });
const heardSome = (count: number): Promise<true> =>
  eventually(`${count} packets`, () => listener.packets.length >= count || undefined);

/** Counts how often a source was closed. */
const watched = (source: PcmSource) => {
  const seen = { closed: 0 };
  const close = async (): Promise<void> => {
    seen.closed += 1;
    await source.close();
  };
  return { source: { ...source, close }, seen };
};

describe('a prompt endpoint', () => {
  it('sends nothing before it is connected, then a packet each 20 ms, silent while nothing plays', async () => {
    await sleep(60);
    expect(listener.packets).toEqual([]);
    connect();
    await heardSome(25);
    const heard = listener.packets.slice(0, 25);
    const [first] = heard;
    expect(heard.every(isSilent)).toBe(true);
    expect(heard.map(({ marker }) => marker)).toEqual([true, ...Array<boolean>(24).fill(false)]);
    for (const [i, packet] of heard.entries()) {
      expect(packet.ssrc).toBe(first?.ssrc);
      expect(packet.sequence).toBe(((first?.sequence ?? 0) + i) & 0xffff);
      expect(packet.timestamp).toBe(((first?.timestamp ?? 0) + i * 160) % 2 ** 32);
    }
    const tookMs = (heard.at(-1)?.at ?? 0) - (first?.at ?? 0);
    expect(Math.abs(tookMs - 24 * 20)).toBeLessThan(toleranceMs);
  });

  it('plays the beep, and silence before and after it', async () => {
    connect();
    await heardSome(3);
    const player = createPromptPlayer({ endpoint, prompts: createPrompts({ ffmpeg: '/usr/bin/ffmpeg' }) });
    const before = performance.now();
    await player.beep();
    const tookMs = performance.now() - before;
    await heardSome(33);
    const sound = listener.packets.filter((packet) => !isSilent(packet));
    expect(sound.length).toBe(25);
    expect(goertzelDb(listener.sound(sound), 8000, 1000)).toBeCloseTo(-12, 0);
    expect(Math.abs(tookMs - 510)).toBeLessThan(toleranceMs);
  });

  it('plays a national ringing tone with its cadence', async () => {
    connect();
    const player = createPromptPlayer({ endpoint, prompts: createPrompts({ ffmpeg: '/usr/bin/ffmpeg' }) });
    await player.play(['ring:1.5:gb']);
    const from = listener.packets.findIndex((packet) => !isSilent(packet));
    const ring = listener.packets.slice(from, from + 75);
    const sounding = ring.map((packet) => (isSilent(packet) ? '.' : '#')).join('');
    expect(sounding).toBe('#'.repeat(20) + '.'.repeat(10) + '#'.repeat(20) + '.'.repeat(25));
    const burst = listener.sound(ring.slice(0, 20));
    expect(goertzelDb(burst, 8000, 400)).toBeCloseTo(-19, 0);
    expect(goertzelDb(burst, 8000, 450)).toBeCloseTo(-19, 0);
    expect(goertzelDb(burst, 8000, 1000)).toBeLessThan(-50);
  });

  it('speaks PCMA where the party does, at the volume asked for', async () => {
    endpoint.connect({ address: '127.0.0.1', port: listener.port, codec: 'PCMA' });
    await endpoint.play(clip(tone(700, 8000, 0.4, 0.1)), { volumeDb: 6 });
    expect(listener.packets.every(({ payloadType }) => payloadType === 8)).toBe(true);
    const sound = listener.sound(listener.packets.filter((packet) => !isSilent(packet)));
    expect(goertzelDb(sound, 8000, 700)).toBeCloseTo(-14, 0);
  });

  it('plays one source at a time and closes each that it was given', async () => {
    connect();
    const first = watched(silence(0.2));
    const second = watched(silence(0.2));
    const third = watched(silence(0.2));
    const playing = endpoint.play(first.source);
    await expect(endpoint.play(second.source)).rejects.toMatchObject({ code: 'prompt_busy' });
    expect([first.seen.closed, second.seen.closed]).toEqual([0, 1]);
    await playing;
    await expect(endpoint.play(third.source, { volumeDb: 41 })).rejects.toMatchObject({
      code: 'prompt_parameter_invalid',
    });
    expect([first.seen.closed, third.seen.closed]).toEqual([1, 1]);
  });

  it('stops at once when the signal is aborted, and goes on with silence', async () => {
    connect();
    const { source, seen } = watched(clip(tone(700, 8000, 0.1, 0.5), 8000 * 60));
    const ending = new AbortController();
    const playing = endpoint.play(source, { signal: ending.signal });
    playing.catch(() => undefined);
    await heardSome(10);
    ending.abort(new Error('hung up'));
    await expect(playing).rejects.toThrow('hung up');
    expect(seen.closed).toBe(1);
    await sleep(20);
    const before = listener.packets.length;
    await heardSome(before + 5);
    expect(listener.packets.slice(before + 1).every(isSilent)).toBe(true);
    await expect(endpoint.play(silence(1), { signal: ending.signal })).rejects.toThrow('hung up');
  });

  it('rejects with what the source throws and goes on with silence', async () => {
    connect();
    const broken: PcmSource = {
      read: () => {
        throw new Error('disk on fire');
      },
      close: async () => undefined,
    };
    await expect(endpoint.play(broken)).rejects.toThrow('disk on fire');
    const before = listener.packets.length;
    await heardSome(before + 3);
    await endpoint.play(silence(0.02));
  });

  it('counts frames for which the sound was not ready in time, but not the wait before the first', async () => {
    connect();
    const frame = new Int16Array(160).fill(1000);
    const script: Array<Int16Array | 'wait' | undefined> = [
      'wait',
      'wait',
      frame,
      'wait',
      'wait',
      'wait',
      frame,
      undefined,
    ];
    await endpoint.play({ read: () => script.shift(), close: async () => undefined });
    expect(endpoint.stats().underruns).toBe(3);
  });

  it('is quiet while another leg is the peer; what plays waits, and time goes on in the timestamps', async () => {
    connect();
    const playing = endpoint.play(clip(new Int16Array(1600).fill(5000)));
    await heardSome(3);
    endpoint.pause();
    await sleep(30);
    const before = listener.packets.length;
    await sleep(200);
    expect(listener.packets.length).toBe(before);
    endpoint.resume();
    await playing;
    const [last, next] = listener.packets.slice(before - 1, before + 1);
    if (last === undefined || next === undefined) throw new Error('nothing was sent after resume');
    expect(next.marker).toBe(true);
    expect((next.sequence - last.sequence) & 0xffff).toBe(1);
    const gapMs = ((next.timestamp - last.timestamp) >>> 0) / 8;
    expect(Math.abs(gapMs - (next.at - last.at))).toBeLessThan(toleranceMs);
    expect(listener.packets.filter((packet) => !isSilent(packet)).length).toBe(10);
  });

  it('goes on to another port when it is connected again', async () => {
    const other = await createListener();
    connect();
    await heardSome(5);
    endpoint.connect({ address: '127.0.0.1', port: other.port, codec: 'PCMA' });
    await eventually('packets at the other port', () => other.packets.length >= 5);
    const count = listener.packets.length;
    const [last, next] = [listener.packets.at(-1), other.packets[0]];
    expect(((next?.sequence ?? 0) - (last?.sequence ?? 0)) & 0xffff).toBe(1);
    expect(next?.ssrc).toBe(last?.ssrc);
    expect(next?.payloadType).toBe(8);
    expect(listener.packets.length).toBe(count);
    await other.close();
  });

  it.each([
    ['rtp.example.com', 4000],
    ['::1', 4000],
    ['127.0.0.1', 0],
    ['127.0.0.1', 65_536],
  ])('refuses to send to %s, port %d', (address, port) => {
    expect(() => endpoint.connect({ address, port, codec: 'PCMU' })).toThrow(
      expect.objectContaining({ code: 'sdp_invalid', message: expect.stringContaining(address) }),
    );
  });

  it('counts packets that could not be sent and says so once', async () => {
    // A socket may not send to the broadcast address without having asked for it: EACCES.
    endpoint.connect({ address: '255.255.255.255', port: 9, codec: 'PCMU' });
    await eventually('errors', () => endpoint.stats().sendErrors >= 5);
    const lines = logged.filter((line) => line.includes('could not be sent'));
    expect(lines.length).toBe(1);
    expect(lines[0]).toContain('EACCES');
  });

  it('says which address it cannot have', async () => {
    const elsewhere = createPromptEndpoint({ address: '192.0.2.1', clock, log });
    await expect(elsewhere.start()).rejects.toMatchObject({
      code: 'prompt_endpoint_failed',
      message: expect.stringContaining('192.0.2.1'),
    });
    await elsewhere.close();
  });

  it('sends over IPv6 as well', async () => {
    const v6 = createPromptEndpoint({ address: '::1', clock, log });
    await v6.start();
    const socket = createSocket('udp6');
    const heard: number[] = [];
    socket.on('message', (datagram) => heard.push(datagram.length));
    await new Promise<void>((resolve) => socket.bind(0, '::1', resolve));
    v6.connect({ address: '::1', port: socket.address().port, codec: 'PCMU' });
    await eventually('packets', () => heard.length >= 3);
    expect(heard[0]).toBe(172);
    await v6.close();
    await new Promise<void>((resolve) => socket.close(resolve));
  });

  it('ends what plays when it is closed, and frees its port', async () => {
    connect();
    const { source, seen } = watched(silence(60));
    const playing = endpoint.play(source);
    playing.catch(() => undefined);
    await heardSome(2);
    const { port } = endpoint;
    expect(port).toBeGreaterThan(0);
    await Promise.all([endpoint.close(), endpoint.close()]);
    await expect(playing).rejects.toMatchObject({ code: 'prompt_endpoint_closed' });
    expect(seen.closed).toBe(1);
    await expect(endpoint.play(silence(1))).rejects.toMatchObject({ code: 'prompt_endpoint_closed' });
    await expect(createPromptEndpoint({ address: '127.0.0.1', clock, log }).close()).resolves.toBeUndefined();
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => socket.close(resolve));
  });
});

describe('the ears of an endpoint', () => {
  const eventType = 101;
  const heardBy = async (send: (to: number, say: (digit: string, from: Listener) => void) => Promise<void>) => {
    const digits: string[] = [];
    const ears = createPartyDigits({ endpoint });
    endpoint.connect({ address: '127.0.0.1', port: listener.port, codec: 'PCMU', eventPayloadType: eventType });
    let timestamp = 0;
    const say = (digit: string, from: Listener): void => {
      timestamp += 1000;
      const event = eventOfDigit(digit) ?? 0;
      const payload = buildTelephoneEvent({ event, end: true, volume: 10, duration: 800 });
      // The end of an event comes three times.
      for (let sequence = 0; sequence < 3; sequence++)
        from.send(
          buildRtp({ payloadType: eventType, sequence, timestamp, ssrc: 7, marker: false }, payload),
          endpoint.port,
        );
    };
    await heardSome(1);
    say('1', listener);
    await sleep(30);
    const stop = ears.listen((digit) => void digits.push(digit));
    await sleep(30);
    await send(endpoint.port, say);
    await sleep(50);
    stop();
    say('9', listener);
    await sleep(30);
    return { digits, ears };
  };

  it('hear while somebody listens, each key once, and only whom they are connected with', async () => {
    const stranger = await createListener();
    const { digits } = await heardBy(async (_port, say) => {
      say('2', listener);
      await sleep(20);
      say('3', stranger);
      say('#', listener);
    });
    await stranger.close();
    expect(digits).toEqual(['2', '#']);
  });

  it('do not hear what was said before, and know INFO for the same key', async () => {
    const { digits, ears } = await heardBy(async (_port, say) => say('5', listener));
    ears.listen((digit) => void digits.push(digit));
    await sleep(30);
    ears.info('5');
    ears.info('6');
    expect(digits).toEqual(['5', '6']);
  });
});

it('digits are sent in place of silence, and a prompt that plays has its turn', async () => {
  expect(endpoint.takesEvents()).toBe(false);
  endpoint.connect({ address: '127.0.0.1', port: listener.port, codec: 'PCMU', eventPayloadType: 97 });
  expect(endpoint.takesEvents()).toBe(true);
  const pressing = endpoint.press(createKeySender('3'));
  await expect(endpoint.play(silence(1))).rejects.toMatchObject({ code: 'prompt_busy' });
  await pressing;
  await heardSome(15);
  const events = listener.packets.filter(({ payloadType }) => payloadType === 97);
  expect(events.map(({ payload }) => parseTelephoneEvent(payload)?.duration)).toEqual([
    ...[160, 320, 480, 640, 800, 960, 1120, 1280, 1280, 1280],
  ]);
  expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(1);
  expect(events.map(({ marker }) => marker)).toEqual([true, ...Array<boolean>(9).fill(false)]);
  const sequences = listener.packets.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.map((_, i) => ((sequences[0] ?? 0) + i) & 0xffff));
  const stopped = new AbortController();
  const cut = endpoint.press(createKeySender('WWWWW'), stopped.signal);
  stopped.abort(new Error('enough'));
  await expect(cut).rejects.toThrow('enough');
});

describe('the socket of an endpoint', () => {
  it('leaves what it is sent to the kernel, and sends all the same', async () => {
    const { socket } = await openDeafSocket('127.0.0.1');
    let read = 0;
    socket.on('message', () => {
      read += 1;
    });
    const other = createSocket('udp4');
    for (let i = 0; i < 500; i++) other.send('x'.repeat(172), socket.address().port, '127.0.0.1');
    socket.send(Buffer.from('8000000000000000000000ff', 'hex'), listener.port, '127.0.0.1');
    await heardSome(1);
    await sleep(50);
    expect(read).toBe(0);
    await new Promise<void>((resolve) => other.close(resolve));
    await new Promise<void>((resolve) => socket.close(resolve));
  });
});
