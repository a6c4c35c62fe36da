import { describe, expect, it } from 'vitest';
import {
  checkSource,
  createSources,
  type HeldDatagram,
  type KnownSource,
  type Sources,
} from '../../../src/recorder/capture/sources.ts';

const address = '127.0.0.1';
const speak: KnownSource = checkSource({ address, rtpPort: 30000 });
const listen: KnownSource = checkSource({ address, rtpPort: 30010, rtcpPort: 30012 });

const from = (port: number, offsetMs = 0): HeldDatagram => ({
  address,
  port,
  offsetMs,
  datagram: Buffer.of(port & 255),
});

const bothKnown = (): Sources => {
  const sources = createSources(2);
  sources.expect(0, speak);
  sources.expect(1, listen);
  return sources;
};

describe('the sources of a recording', () => {
  it.each([
    [address, 30000, 0],
    [address, 30001, 0],
    [address, 30010, 1],
    [address, 30012, 1],
    [address, 30011, -1],
    [address, 30002, -1],
    ['127.0.0.2', 30000, -1],
  ])('know %s:%i as track %i', (host, port, track) => {
    expect(bothKnown().find(host, port)).toBe(track);
  });

  it('take RTP for RTP where the RTCP port of one track is the RTP port of another', () => {
    const sources = createSources(2);
    sources.expect(0, checkSource({ address, rtpPort: 30000 }));
    sources.expect(1, checkSource({ address, rtpPort: 30001 }));
    expect(sources.find(address, 30001)).toBe(1);
  });

  it('tell the port that sends only RTCP', () => {
    const sources = bothKnown();
    expect([30000, 30001].map((port) => sources.sendsOnlyRtcp(0, port))).toEqual([false, true]);
  });

  it('know a track by its newest source', () => {
    const sources = bothKnown();
    sources.expect(0, checkSource({ address, rtpPort: 31000 }));
    expect([sources.find(address, 30000), sources.find(address, 31000)]).toEqual([-1, 0]);
  });

  it('keep what came too early, and give it back in the order of arrival', () => {
    const sources = createSources(2);
    const early = [from(30000, 1), from(30010, 2), from(30001, 3), from(30000, 4), from(5, 5)];
    for (const datagram of early) expect(sources.hold(datagram)).toBe(true);
    expect(sources.expect(0, speak)).toEqual([early[0], early[2], early[3]]);
    expect(sources.expect(1, listen)).toEqual([early[1]]);
    expect(sources.expire(6)).toBe(1);
  });

  it('keep it for a second', () => {
    const sources = createSources(1);
    sources.hold(from(30000, 100));
    sources.hold(from(30000, 200));
    expect(sources.expire(1099)).toBe(0);
    expect(sources.expire(1100)).toBe(1);
    expect(sources.expect(0, speak)).toHaveLength(1);
  });

  it('keep 64 datagrams of each of four senders and no more', () => {
    const sources = createSources(1);
    const kept = [1, 2, 3, 4, 5, 6].map(
      (port) => Array.from({ length: 100 }, () => sources.hold(from(port))).filter(Boolean).length,
    );
    expect(kept).toEqual([64, 64, 64, 64, 0, 0]);
  });

  it('keep nothing once every track is known', () => {
    expect(bothKnown().hold(from(9))).toBe(false);
  });

  it('compare addresses as sockets write them', () => {
    expect(checkSource({ address: '0:0:0:0:0:0:0:1', rtpPort: 5 }).address).toBe('::1');
  });

  it.each([
    { address: 'localhost', rtpPort: 30000 },
    { address: '', rtpPort: 30000 },
    { address, rtpPort: 0 },
    { address, rtpPort: 1.5 },
    { address, rtpPort: Number.NaN },
    { address, rtpPort: 70000 },
    { address, rtpPort: 30000, rtcpPort: -1 },
  ])('are not made of %j', (source) => {
    expect(() => checkSource(source)).toThrow(expect.objectContaining({ code: 'capture_source_invalid' }));
  });

  it('take the last port there is, although none follows for RTCP', () => {
    expect(checkSource({ address, rtpPort: 65535 })).toMatchObject({ rtpPort: 65535 });
  });
});
