import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createWorkerProcess } from '../../../dist/recorder/encode/worker-process.js';
import { eventually } from '../eventually.ts';

test('a worker that the machine has no files or memory for is started as soon as it has', async () => {
  const lines: { readonly code?: number; readonly err?: { readonly code: string } }[] = [];
  const log = pino(
    new Writable({
      write(line: Buffer, _encoding, done) {
        lines.push(JSON.parse(line.toString()));
        done();
      },
    }),
  );
  // It says what it is and ends.
  const worker = createWorkerProcess({ args: ['version'], log });
  const { execPath } = process;
  try {
    process.execPath = '/nowhere/node';
    worker.start();
    await eventually('it cannot be started', () => worker.restarts() > 0);
    expect(lines[0]).toMatchObject({ err: { code: 'ENOENT' }, msg: expect.stringContaining('started again') });
    expect(worker.pid()).toBeUndefined();
    process.execPath = execPath;
    await eventually('it has run', () => lines.some(({ code }) => code === 0));
  } finally {
    process.execPath = execPath;
    await worker.close();
  }
});
