import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { createPart, type Part, type PartOptions } from '../../../src/embedded/process.ts';
import { deathWrapper, requireProgram } from '../../../src/embedded/program.ts';
import type { SipreelError } from '../../../src/errors/error.ts';
import { eventually } from '../eventually.ts';

const log = pino({ level: 'silent' });
const parts: Part[] = [];

/** A part that is a few lines of JavaScript. */
const partOf = (script: string, options: Partial<PartOptions> = {}): Part => {
  const part = createPart({
    name: 'sample',
    program: process.execPath,
    args: ['-e', script],
    log,
    isReady: async () => true,
    ...options,
  });
  parts.push(part);
  return part;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const rejectionOf = async (promise: Promise<unknown>): Promise<SipreelError> =>
  promise.then(
    () => {
      throw new Error('it did not reject');
    },
    (error: SipreelError) => error,
  );

afterEach(async () => {
  await Promise.all(parts.splice(0).map((part) => part.close()));
});

describe('a supervised process', () => {
  test('is started when its probe says so, and is gone after close', async () => {
    let asked = 0;
    const part = partOf('setInterval(() => {}, 1000)', { isReady: async () => ++asked === 3 });
    await part.start();
    expect(asked).toBe(3);
    const pid = part.pid() ?? 0;
    expect(isAlive(pid)).toBe(true);
    await Promise.all([part.close(), part.close()]);
    expect(isAlive(pid)).toBe(false);
    expect(part.pid()).toBeUndefined();
  });

  test('that ends before it is ready gives its exit code and its last words, and no more than 20 lines', async () => {
    const script = 'for (let i = 1; i <= 30; i++) console.error("line " + i); process.exitCode = 3';
    const error = await rejectionOf(partOf(script, { isReady: async () => false }).start());
    expect(error.code).toBe('part_failed');
    expect(error.message).toContain('sample ended before it was ready (exit code 3)');
    expect(error.message).toContain('line 30');
    expect(error.message).toContain('line 11\n');
    expect(error.message).not.toContain('line 10\n');
  });

  test('that never becomes ready is ended, and the error says what the probe said last', async () => {
    const part = partOf('setInterval(() => {}, 1000)', {
      readyMs: 200,
      isReady: async () => {
        throw new Error('nobody answers');
      },
    });
    const error = await rejectionOf(part.start());
    expect(error.message).toContain('not ready within 200 ms');
    expect(error.cause).toEqual(new Error('nobody answers'));
    expect(part.pid()).toBeUndefined();
  });

  test('that ignores SIGTERM is killed after the limit', async () => {
    let said = false;
    const part = partOf('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("ready")', {
      closeMs: 200,
      // Before its handler is there, SIGTERM would end it.
      log: Object.assign(pino({ level: 'silent' }), {
        debug: () => {
          said = true;
        },
      }),
      isReady: async () => said,
    });
    await part.start();
    const pid = part.pid() ?? 0;
    const begin = Date.now();
    await part.close();
    expect(Date.now() - begin).toBeGreaterThanOrEqual(190);
    expect(isAlive(pid)).toBe(false);
  });

  test('that dies later is reported once, with its last words; one that we close is not', async () => {
    const deaths: SipreelError[] = [];
    const script = 'setTimeout(() => { console.error("out of luck"); process.exit(7) }, 100)';
    const part = partOf(script, { onDied: (error) => deaths.push(error) });
    await part.start();
    await eventually('the report', () => deaths.length > 0);
    expect(deaths.map((error) => error.message)).toEqual(['sample died (exit code 7); its last lines:\nout of luck']);
    const closed = partOf('setInterval(() => {}, 1000)', { onDied: (error) => deaths.push(error) });
    await closed.start();
    await closed.close();
    expect(deaths).toHaveLength(1);
  });

  test('closed while it starts rejects the start and leaves nothing', async () => {
    const part = partOf('setInterval(() => {}, 1000)', { isReady: async () => false });
    const starting = rejectionOf(part.start());
    const pid = part.pid() ?? 0;
    await part.close();
    expect((await starting).message).toContain('closed before it was ready');
    expect(isAlive(pid)).toBe(false);
    expect((await rejectionOf(part.start())).message).toContain('closed before it was started');
  });

  test('that is no program says so', async () => {
    const error = await rejectionOf(partOf('', { program: '/nowhere/program' }).start());
    expect(error.message).toContain('sample ended before it was ready (did not start: spawn /nowhere/program ENOENT)');
    const missing = await rejectionOf(requireProgram('no-such-program', 'the Debian package no-such'));
    expect(missing.code).toBe('part_missing');
    expect(missing.message).toBe('no-such-program is not on PATH: install the Debian package no-such');
  });

  test('runs under its own pid behind the wrapper that ties it to us', async () => {
    const wrapper = await deathWrapper();
    expect(wrapper.slice(1), 'setpriv of util-linux is among the packages of deploy/setup.sh').toEqual([
      '--pdeathsig',
      'KILL',
      '--',
    ]);
    let line = '';
    const listening = Object.assign(pino({ level: 'silent' }), {
      debug: (fields: { line: string }) => {
        line = fields.line;
      },
    });
    const part = partOf('console.log(process.pid); setInterval(() => {}, 1000)', {
      wrapper,
      log: listening,
      isReady: async () => line !== '',
    });
    await part.start();
    expect(Number(line)).toBe(part.pid());
  });
});
