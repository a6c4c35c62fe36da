import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { createSpoolRoom } from '../../../src/recorder/spool/room.ts';
import { eventually } from '../eventually.ts';

const root = await mkdtemp(join(tmpdir(), 'sipreel-room-'));
afterAll(() => rm(root, { recursive: true, force: true }));

test('a disk with too little room refuses new recordings, says so once, and takes them again', async () => {
  const lines: { msg: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const probe = createSpoolRoom({ root, refuseBelow: 0, warnBelow: 0, log });
  await probe.start();
  await probe.close();
  const file = join(root, 'filler');
  // Others write to this disk, too: a margin either side of what we write ourselves.
  const size = 400_000_000;
  const refuseBelow = probe.free() - size / 2;
  const room = createSpoolRoom({ root: join(root, 'spool'), refuseBelow, warnBelow: refuseBelow, log, intervalMs: 20 });
  await room.start();
  expect(room.refusal()).toBeUndefined();
  await writeFile(file, Buffer.alloc(size, 1));
  const refusal = await eventually('it refuses', () => room.refusal());
  expect(refusal).toMatchObject({ code: 'spool_room_low', message: expect.stringMatching(/has \d+ MB free/) });
  await rm(file);
  await eventually('it takes recordings again', () => room.refusal() === undefined);
  await room.close();
  expect(lines.map(({ msg }) => msg)).toEqual([
    'the disk of the spools is nearly full: no recording starts until there is room',
    'the disk of the spools has room again',
  ]);
});

test('a folder that cannot be made is told at the start', async () => {
  const room = createSpoolRoom({
    root: '/dev/null/spool',
    refuseBelow: 1,
    warnBelow: 1,
    log: pino({ level: 'silent' }),
  });
  await expect(room.start()).rejects.toMatchObject({ code: 'spool_open_failed' });
  await room.close();
});
