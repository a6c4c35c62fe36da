import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { partsOf, stopWithoutLeftovers } from '../../kit/leftovers.ts';
import { processesOf, waitUntilGone } from '../../kit/processes.ts';
import { startServer } from '../../kit/server.ts';

const script = fileURLToPath(new URL('../../../config/scripts/leave-message.yaml', import.meta.url));

test('a server is started, answers at the addresses that it tells, and leaves nothing behind', async () => {
  const server = await startServer({ script, set: { 'log.level': 'debug' } });
  try {
    expect(server.sip).toEqual({ host: '127.0.0.1', port: expect.any(Number) });
    expect((await fetch(server.http)).status).toBeLessThan(500);
    expect(partsOf(server).rtpengine.host).toBe('127.0.0.1');
    expect(
      server.logs.every(({ msg }) => typeof msg === 'string'),
      server.logText(),
    ).toBe(true);
    await server.waitForLog('that it is ready', ({ msg }) => msg === 'ready to take calls');
    await expect(server.waitForLog('nonsense', () => false, 20)).rejects.toThrow(
      /did not log nonsense.*[\s\S]*ready to/,
    );
    await stopWithoutLeftovers(server);
  } finally {
    await server.close();
  }
});

test('a server that is killed takes its parts with it', async () => {
  const server = await startServer({ script });
  try {
    const pids = Object.values(partsOf(server).pids);
    const parts = (await processesOf(server.pid)).filter(({ pid }) => pids.includes(pid));
    expect(parts).toHaveLength(3);
    expect(await server.stop('SIGKILL')).toBe(-1);
    await waitUntilGone(parts);
  } finally {
    await server.close();
  }
});

test('a server that does not start rejects with its exit code and its words', async () => {
  await expect(startServer({ set: { 'no.such.key': '1' } })).rejects.toThrow(
    /ended with exit code 2:[\s\S]*is no key of the configuration/,
  );
});
