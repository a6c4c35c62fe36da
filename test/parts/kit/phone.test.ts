import { afterEach, describe, expect, test } from 'vitest';
import { createPhone, type Phone, type PhoneOptions } from '../../kit/phone.ts';
import { eventually } from '../eventually.ts';

const phones: Phone[] = [];

const newPhone = async (options: PhoneOptions): Promise<Phone> => {
  const phone = await createPhone(options);
  phones.push(phone);
  return phone;
};

const connect = (one: Phone, other: Phone): void => {
  one.startSending(other.address, other.port);
  other.startSending(one.address, one.port);
};

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()));
});

describe('a phone', () => {
  test('hears the tone of the other one at its level, in PCMU and in PCMA, and not its own', async () => {
    const low = await newPhone({ hz: 440, amplitude: 0.5 });
    const high = await newPhone({ hz: 1000, codec: 'PCMA', amplitude: 0.1 });
    connect(low, high);
    await Promise.all([low.waitUntilHears(1000), high.waitUntilHears(440, { forMs: 1000 })]);
    // 0.1 of full scale is -20 dBFS, 0.5 is -6.
    expect(low.heardDb(1000, 0, 0.3)).toBeCloseTo(-20, 0);
    expect(high.heardDb(440, 0, 1)).toBeCloseTo(-6, 0);
    expect(low.heardDb(440, 0, 0.3)).toBeLessThan(-60);
    expect(high.port % 2).toBe(0);
  });

  test('keeps its 20 ms clock: a second has 50 packets, evenly numbered', async () => {
    const talker = await newPhone({ hz: 700 });
    const listener = await newPhone({ hz: 300 });
    talker.startSending(listener.address, listener.port);
    const arrivals = await eventually('51 packets', () => listener.arrivals().length >= 51 && listener.arrivals());
    const first = arrivals[0];
    const last = arrivals[50];
    const elapsedMs = (last?.atMs ?? 0) - (first?.atMs ?? 0);
    expect(elapsedMs).toBeGreaterThan(960);
    expect(elapsedMs).toBeLessThan(1200);
    expect(((last?.sequence ?? 0) - (first?.sequence ?? 0)) & 0xffff).toBe(50);
    expect(((last?.timestamp ?? 0) - (first?.timestamp ?? 0)) >>> 0).toBe(8000);
  });

  test('that pauses leaves silence of the same length on the timeline, and says so when it is not heard', async () => {
    const talker = await newPhone({ hz: 700 });
    const listener = await newPhone({ hz: 300 });
    talker.startSending(listener.address, listener.port);
    await listener.waitUntilHears(700);
    talker.pause();
    await listener.waitUntilSilentAt(700, { aboveDb: -90, forMs: 400 });
    await expect(listener.waitUntilHears(700, { timeoutMs: 50 })).rejects.toThrow(
      /did not hear 700 Hz within 50 ms; it has received \d+ packets, [\d.]+ s, from ssrc \d+ type 0;/,
    );
    talker.resume();
    await listener.waitUntilHears(700);
    const arrivals = listener.arrivals();
    const [first, last] = [arrivals[0], arrivals.at(-1)];
    const onTheWire = (((last?.timestamp ?? 0) - (first?.timestamp ?? 0)) >>> 0) + 160;
    expect(listener.heard().length).toBe(onTheWire);
  });

  test('says another tone from one moment on', async () => {
    const talker = await newPhone({ hz: 700 });
    const listener = await newPhone({ hz: 300 });
    talker.startSending(listener.address, listener.port);
    await listener.waitUntilHears(700);
    talker.say(900);
    await listener.waitUntilHears(900);
    await listener.waitUntilSilentAt(700, { aboveDb: -50 });
    talker.say(0);
    await listener.waitUntilSilentAt(900, { aboveDb: -70 });
  });

  test('sends digits in the place of its tone, which the other one reads once each', async () => {
    const talker = await newPhone({ hz: 700 });
    const listener = await newPhone({ hz: 300 });
    talker.startSending(listener.address, listener.port);
    await Promise.all([talker.sendDigit('1'), talker.sendDigit('1', 60), talker.sendDigit('#')]);
    await eventually('the digits', () => listener.heardDigits() === '11#');
    await listener.waitUntilHears(700);
    expect(() => listener.sendDigit('1')).toThrow('does not send');
  });

  test('has an SDP that names its codec, its events and its port', async () => {
    const phone = await newPhone({ hz: 700, codec: 'PCMA' });
    const sdp = phone.sdp('sendonly');
    expect(sdp).toContain(`m=audio ${phone.port} RTP/AVP 8 101\r\n`);
    expect(sdp).toContain('a=rtpmap:101 telephone-event/8000\r\n');
    expect(sdp).toContain('a=sendonly\r\n');
  });
});
