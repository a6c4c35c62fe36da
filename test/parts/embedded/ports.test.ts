import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { takeMediaPorts } from '../../../src/embedded/media-ports.ts';
import { freePort, portTaken } from '../../../src/embedded/ports.ts';

describe('a free port', () => {
  test.each(['tcp', 'udp', 'both'] as const)('for %s can be bound on 127.0.0.1', async (kind) => {
    const port = await freePort(kind);
    expect(await portTaken('both', '127.0.0.1', port)).toBeUndefined();
  });

  test('is never given twice to one who asks with the same set', async () => {
    const given = new Set<number>();
    const ports = await Promise.all(Array.from({ length: 200 }, () => freePort('both', '127.0.0.1', given)));
    expect(new Set(ports).size).toBe(200);
  });

  test('on an address that is not ours is refused with the reason', async () => {
    await expect(freePort('tcp', '192.0.2.1')).rejects.toThrow(/no free tcp port on 192\.0\.2\.1: .*EADDRNOTAVAIL/);
  });
});

test('a port that somebody has is taken for that protocol only', async () => {
  const tcp = createServer().listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const address = tcp.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect((await portTaken('tcp', '127.0.0.1', port))?.code).toBe('EADDRINUSE');
  expect((await portTaken('both', '127.0.0.1', port))?.code).toBe('EADDRINUSE');
  tcp.close();

  const udp = createSocket('udp4').bind(0, '127.0.0.1');
  await once(udp, 'listening');
  expect((await portTaken('udp', '127.0.0.1', udp.address().port))?.code).toBe('EADDRINUSE');
  udp.close();
});

describe('media ports', () => {
  test('of two takers do not overlap, and are free again after release', async () => {
    const first = await takeMediaPorts(250);
    const second = await takeMediaPorts(100);
    try {
      expect(first.max - first.min + 1).toBeGreaterThanOrEqual(250 * 8);
      expect(second.max - second.min + 1).toBeGreaterThanOrEqual(100 * 8);
      expect(first.max < second.min || second.max < first.min, JSON.stringify([first, second])).toBe(true);
    } finally {
      first.release();
      first.release();
      second.release();
    }
  });

  test('for more calls than there are ports are refused', async () => {
    await expect(takeMediaPorts(100_000)).rejects.toMatchObject({ code: 'part_failed' });
  });
});
