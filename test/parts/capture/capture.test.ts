import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trackPath } from '../../../src/recorder/spool/layout.ts';
import { encodePcmu } from '../../../src/rtp/g711.ts';
import { buildSenderReport } from '../../../src/rtp/sender-report.ts';
import { buildTelephoneEvent } from '../../../src/rtp/telephone-event.ts';
import { eventually } from '../eventually.ts';
import { createRig, host, payloads, type Rig, source, spooled, upTo } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.close());

const counted = { packets: 0, bytes: 0, strangers: 0, malformed: 0, dropped: 0, paused: 0 };
const rtcp = buildSenderReport({ ssrc: 1, ntpMs: 0, timestamp: 0, packets: 1, bytes: 160 });

describe('capture', () => {
  it('keeps every packet of 100 recordings at once, each in its own track', async () => {
    const seconds = 3;
    const calls = await Promise.all(
      upTo(100).map(async () => {
        const [speak, listen, recording] = await Promise.all([rig.fork(1), rig.fork(1), rig.open()]);
        recording.handle.expect('speak', source(speak), payloads);
        recording.handle.expect('listen', source(listen), payloads);
        return { ...recording, speak, listen };
      }),
    );
    const began = performance.now();
    for (let tick = 0; tick < seconds * 50; tick++) {
      await sleep(Math.max(0, began + tick * 20 - performance.now()));
      for (const { handle, speak, listen } of calls) {
        speak.send(handle.port);
        // Not as many, so that the tracks can't be confused.
        if (tick % 2 === 0) listen.send(handle.port);
      }
    }
    const sent = calls.reduce((sum, { speak, listen }) => sum + speak.sent + listen.sent, 0);
    await eventually('all have arrived', () => rig.capture.stats().packets === sent);
    const ended = performance.now();
    const results = await Promise.all(calls.map(({ handle }) => handle.stop()));
    expect(performance.now() - ended, 'ms to stop all').toBeLessThan(2000);
    // Two tracks of each recording were written several times, on threads that say how long that took.
    for (const { strain } of rig.capture.stats().threads) {
      expect(strain.writes.count).toBeGreaterThan(2 * 2 * seconds);
      expect(strain.writes.totalMs).toBeGreaterThan(0);
      expect(strain.writes.within.at(-1)).toBe(strain.writes.count);
    }

    for (const [i, { spool, speak, listen }] of calls.entries()) {
      const heard = await spooled(spool.dir, 'speak');
      expect(heard.sequences).toEqual(upTo(speak.sent));
      expect((await spooled(spool.dir, 'listen')).sequences).toEqual(upTo(listen.sent));
      expect(results[i]).toEqual({
        tracks: {
          speak: { ...counted, packets: 150, bytes: 150 * 172 },
          listen: { ...counted, packets: 75, bytes: 75 * 172 },
        },
      });
      expect(heard.offsets).toEqual(heard.offsets.toSorted((a, b) => a - b));
      const lasted = (heard.offsets.at(-1) ?? 0) - (heard.offsets[0] ?? 0);
      expect(Math.abs(lasted - (seconds * 1000 - 20)), 'ms between first and last packet').toBeLessThan(200);
    }
  });

  it('opens three descriptors for a recording, and leaves none: 300 of them, one after the other and ten at once', async () => {
    const descriptors = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
    const before = await descriptors();
    for (let round = 0; round < 30; round++) {
      const recordings = await Promise.all(upTo(10).map(() => rig.open()));
      // A socket and two tracks each, beside the journal that the recorder has open.
      if (round === 0) expect((await descriptors()) - before).toBeLessThanOrEqual(10 * 4 + 5);
      await Promise.all(recordings.map(({ handle }) => handle.stop()));
      await Promise.all(recordings.map(({ spool }) => spool.journal.close()));
    }
    await eventually('all are closed', async () => (await descriptors()) <= before + 2);
  });

  it('stamps packets on the clock of the spool', async () => {
    const fork = await rig.fork();
    const { spool, handle } = await rig.open({ tracks: ['speak'] });
    handle.expect('speak', source(fork), payloads);
    const from = spool.now();
    fork.send(handle.port);
    await eventually('the packet is counted', () => handle.counts().speak?.packets === 1);
    const to = spool.now();
    await handle.stop();
    const [offset = -1] = (await spooled(spool.dir, 'speak')).offsets;
    expect(offset).toBeGreaterThanOrEqual(Math.floor(from));
    expect(offset).toBeLessThanOrEqual(Math.ceil(to));
  });

  it('has nothing of a stranger in the spool, whatever SSRC it claims', async () => {
    const [fork, stranger] = await Promise.all([rig.fork(7), rig.fork(7)]);
    const { spool, handle } = await rig.open({ tracks: ['speak'] });
    handle.expect('speak', source(fork), payloads);
    fork.send(handle.port);
    await eventually('the fork is heard', () => handle.counts().speak?.packets === 1);
    for (let i = 0; i < 5; i++) stranger.send(handle.port);
    stranger.sendRtcp(handle.port, rtcp);
    fork.send(handle.port);
    await eventually('all have arrived', () => handle.counts().speak?.strangers === 6);
    expect((await handle.stop()).tracks.speak).toEqual({ ...counted, packets: 2, bytes: 344, strangers: 6 });
    expect((await spooled(spool.dir, 'speak')).sequences).toEqual([0, 1]);
  });

  it('hears keys in a track that it only watches, and writes nothing of it', async () => {
    const [speak, listen] = await Promise.all([rig.fork(1), rig.fork(2)]);
    const { spool, handle, events } = await rig.open({ tracks: ['listen'], watch: ['speak'], digits: true });
    handle.expect('speak', source(speak), payloads);
    handle.expect('listen', source(listen), payloads);
    handle.start(0);
    speak.send(handle.port);
    listen.send(handle.port);
    speak.send(handle.port, buildTelephoneEvent({ event: 11, end: true, volume: 10, duration: 800 }), 101);
    const digit = await eventually('the key', () => events.find((event) => event.event === 'digit'));
    expect(digit).toMatchObject({ digit: '#', via: 'rfc4733' });
    const { tracks } = await handle.stop();
    expect(tracks).toMatchObject({ speak: { packets: 2, strangers: 0 }, listen: { packets: 1 } });
    expect(await readdir(spool.dir)).not.toContain(basename(trackPath(spool.dir, 'speak')));
    expect((await spooled(spool.dir, 'listen')).sequences).toEqual([0]);
  });

  it('keeps RTCP from both ports as RTCP', async () => {
    const fork = await rig.fork();
    const { spool, handle } = await rig.open({ tracks: ['speak'] });
    handle.expect('speak', source(fork), payloads);
    fork.sendRtcp(handle.port, rtcp);
    fork.sendRaw(handle.port, rtcp);
    fork.send(handle.port);
    await eventually('the packet is counted', () => handle.counts().speak?.packets === 1);
    await handle.stop();
    expect(await spooled(spool.dir, 'speak')).toMatchObject({ rtcp: 2, sequences: [0] });
  });

  it('drops and counts garbage from the fork itself', async () => {
    const fork = await rig.fork();
    const { spool, handle } = await rig.open({ tracks: ['speak'] });
    handle.expect('speak', source(fork), payloads);
    const garbage = [new Uint8Array(0), Uint8Array.of(1), new Uint8Array(500), new Uint8Array(60_000).fill(0x80)];
    for (const datagram of garbage) fork.sendRaw(handle.port, datagram);
    fork.send(handle.port, new Uint8Array(1989));
    fork.send(handle.port);
    await eventually('the packet is counted', () => handle.counts().speak?.packets === 1);
    expect((await handle.stop()).tracks.speak).toMatchObject({ packets: 1, malformed: 5, strangers: 0 });
    expect((await spooled(spool.dir, 'speak')).sequences).toEqual([1]);
  });

  it('loses nothing that comes before the fork is known, and stamps it with its arrival', async () => {
    const [fork, stranger] = await Promise.all([rig.fork(), rig.fork()]);
    const { spool, handle } = await rig.open({ tracks: ['speak'] });
    const from = spool.now();
    for (let i = 0; i < 5; i++) {
      fork.send(handle.port);
      stranger.send(handle.port);
      await sleep(20);
    }
    const to = spool.now();
    handle.expect('speak', source(fork), payloads);
    fork.send(handle.port);
    await eventually('all are counted', () => handle.counts().speak?.packets === 6);
    expect((await handle.stop()).tracks.speak).toMatchObject({ packets: 6, strangers: 5 });
    const { sequences, offsets } = await spooled(spool.dir, 'speak');
    expect(sequences).toEqual(upTo(6));
    for (const offset of offsets.slice(0, 5)) {
      expect(offset).toBeGreaterThanOrEqual(Math.floor(from));
      expect(offset).toBeLessThanOrEqual(Math.ceil(to));
    }
  });

  it('takes a track from its new source after a second subscription', async () => {
    const [before, after] = await Promise.all([rig.fork(1), rig.fork(2)]);
    const { handle } = await rig.open({ tracks: ['listen'] });
    handle.expect('listen', source(before), payloads);
    before.send(handle.port);
    await eventually('the first is heard', () => handle.counts().listen?.packets === 1);
    handle.expect('listen', source(after), payloads);
    after.send(handle.port);
    await eventually('the second is heard', () => handle.counts().listen?.packets === 2);
    before.send(handle.port);
    await eventually('the first is a stranger', () => handle.counts().listen?.strangers === 1);
    await handle.stop();
  });

  it('tells the first packet of each track after the start', async () => {
    const [speak, listen] = await Promise.all([rig.fork(1), rig.fork(2)]);
    const { spool, handle, events } = await rig.open();
    handle.expect('speak', source(speak), payloads);
    handle.expect('listen', source(listen), payloads);
    speak.send(handle.port);
    await eventually('a packet before the start', () => handle.counts().speak?.packets === 1);
    const started = spool.now();
    handle.start(started);
    speak.send(handle.port);
    speak.send(handle.port);
    listen.send(handle.port);
    await eventually('both first packets', () => events.length === 2);
    await handle.stop();
    expect(events.map((event) => ('track' in event ? event.track : event.event)).sort()).toEqual(['listen', 'speak']);
    for (const event of events) {
      expect(event).toMatchObject({ event: 'first_packet', t: expect.any(Number) });
      if (event.event === 'first_packet') expect(event.t).toBeGreaterThanOrEqual(started);
    }
  });

  it('hears digits and speech live, on the clock of the recording', async () => {
    const loud = new Uint8Array(160);
    encodePcmu(
      Int16Array.from(loud, (_, i) => (i % 2 ? 4000 : -4000)),
      loud,
    );
    const fork = await rig.fork();
    const { spool, handle, events } = await rig.open({ vad: { sensitivity: 44, tracks: ['speak'] }, digits: true });
    handle.expect('speak', source(fork), payloads);
    const from = spool.now();
    for (let i = 0; i < 10; i++) {
      fork.send(handle.port, loud);
      await sleep(20);
    }
    const press = { event: 11, volume: 10 };
    for (const [duration, end] of [
      [160, false],
      [320, false],
      [480, true],
      [480, true],
    ] as const) {
      fork.send(handle.port, buildTelephoneEvent({ ...press, duration, end }), 101, 90_000);
      await sleep(20);
    }
    // From here on nothing comes, as from a sender with DTX.
    await eventually('the end of speech', () => events.some((event) => event.event === 'speech' && !event.speaking));
    await handle.stop();
    expect(events).toEqual([
      { event: 'speech', track: 'speak', speaking: true, t: expect.any(Number) },
      { event: 'digit', digit: '#', tStart: expect.any(Number), tEnd: expect.any(Number), via: 'rfc4733' },
      { event: 'speech', track: 'speak', speaking: false, t: expect.any(Number) },
    ]);
    const [began, digit, ended] = events;
    if (began?.event !== 'speech' || digit?.event !== 'digit' || ended?.event !== 'speech')
      throw new Error('no events');
    expect(Math.abs(began.t - from), 'ms to the beginning of speech').toBeLessThan(60);
    expect(digit.tEnd - digit.tStart).toBeCloseTo(60, 6);
    expect(Math.abs(digit.tStart - ended.t), 'ms between the end of speech and the digit').toBeLessThan(60);
  });

  it('takes what the kernel still holds when it is stopped', async () => {
    const fork = await rig.fork();
    const { spool, handle } = await rig.open({ tracks: ['speak'] });
    handle.expect('speak', source(fork), payloads);
    fork.send(handle.port);
    await eventually('the fork is heard', () => handle.counts().speak?.packets === 1);
    const sent = Array.from({ length: 100 }, () => fork.send(handle.port)).length + 1;
    // The packets are on their way to the same kernel; the order to stop takes longer.
    await new Promise((resolve) => setImmediate(resolve));
    await handle.stop();
    expect((await spooled(spool.dir, 'speak')).sequences).toEqual(upTo(sent));
  });

  it('has a file that opens even for a track without a packet', async () => {
    const { spool, handle } = await rig.open();
    const result = await handle.stop();
    expect(result).toEqual({ tracks: { speak: counted, listen: counted } });
    const file = await readFile(trackPath(spool.dir, 'listen'), 'latin1');
    expect(file.startsWith(`#!rtpplay1.0 ${host}/${handle.port}\n`)).toBe(true);
    expect((await spooled(spool.dir, 'listen')).sequences).toEqual([]);
  });

  it('is written to disk at least twice a second', async () => {
    const fork = await rig.fork();
    const { spool, handle } = await rig.open({ tracks: ['speak'] });
    handle.expect('speak', source(fork), payloads);
    fork.send(handle.port);
    const sentAt = performance.now();
    await eventually(
      'the packet is in the file',
      async () => (await spooled(spool.dir, 'speak')).sequences.length === 1,
    );
    expect(performance.now() - sentAt).toBeLessThan(600);
    await handle.stop();
  });

  it('stops once, however often it is asked to', async () => {
    const { handle } = await rig.open();
    expect(handle.stop()).toBe(handle.stop());
    const result = await handle.stop();
    handle.start(1);
    handle.update('speak', payloads);
    expect(await handle.stop()).toBe(result);
  });

  it('refuses a source that is none and goes on', async () => {
    const { handle } = await rig.open();
    expect(() => handle.expect('speak', { address: 'pbx.example', rtpPort: 4000 }, payloads)).toThrow(
      expect.objectContaining({ code: 'capture_source_invalid' }),
    );
    expect(await handle.stop()).not.toHaveProperty('error');
  });

  it('opens nothing without a spool, for a foreign id or on an address of another machine', async () => {
    const epoch = process.hrtime.bigint();
    const id = '4be0643f-1d98-473b-97cd-ca98a65347dd';
    await expect(rig.capture.open({ recordingId: id, epoch, tracks: ['speak'] })).rejects.toMatchObject({
      code: 'spool_open_failed',
    });
    await expect(rig.capture.open({ recordingId: '../x', epoch, tracks: ['speak'] })).rejects.toMatchObject({
      code: 'recording_id_invalid',
    });
    const elsewhere = await createRig({ address: '192.0.2.1', threads: 1 });
    try {
      await expect(elsewhere.open()).rejects.toMatchObject({ code: 'capture_open_failed' });
      expect(elsewhere.capture.stats().recordings).toBe(0);
    } finally {
      await elsewhere.close();
    }
  });
});
