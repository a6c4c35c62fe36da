import { randomUUID } from 'node:crypto';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

/** f_type of statfs(2). */
const memoryKinds = new Set([0x01021994, 0x858458f6]);
const networkKinds = new Set([0x6969, 0xff534d42, 0xfe534d42]);
/** A recording is written at least twice a second: what takes longer than that is behind. */
const slowMs = 100;
const failMs = 500;
const writes = 8;

export interface DiskFacts {
  readonly freeBytes: number;
  readonly freeFiles: number;
  /** f_type of statfs(2). */
  readonly kind: number;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

export const judgeRoom = (
  folder: string,
  { freeBytes, freeFiles, kind }: DiskFacts,
  limits: { readonly refuseBelow: number; readonly warnBelow: number },
): readonly Finding[] => {
  const room = 'disk room';
  const found = `${gigabytes(freeBytes)} and ${freeFiles} files free at ${folder}`;
  const findings: Finding[] = [];
  if (freeBytes < limits.refuseBelow) {
    findings.push(fail(room, found, 'Free some space: no recording starts below limits.spool_free.'));
  } else if (freeBytes < limits.warnBelow) {
    findings.push(warn(room, found, 'Free some space: it is less than limits.spool_warn.'));
  } else if (freeFiles > 0 && freeFiles < 10_000) {
    findings.push(warn(room, found, 'Make a file system with more inodes: each recording takes up to five.'));
  } else findings.push(ok(room, found));
  if (memoryKinds.has(kind)) {
    findings.push(
      warn(
        'disk kind',
        `${folder} is in memory: a restart of the machine loses what is there`,
        'Put data.dir on a disk.',
      ),
    );
  } else if (networkKinds.has(kind)) {
    findings.push(
      warn(
        'disk kind',
        `${folder} is on a network file system`,
        'Put data.dir on a local disk: spools need it at all times.',
      ),
    );
  }
  return findings;
};

export const judgeSpeed = (folder: string, slowestMs: number): Finding => {
  const found = `the slowest of ${writes} writes took ${slowestMs.toFixed(1)} ms to be on the disk`;
  if (slowestMs < slowMs) return ok('disk speed', found);
  const remedy = `Give ${folder} a faster disk: what the disk does not take in time waits in memory, and is lost with it.`;
  return slowestMs < failMs ? warn('disk speed', found, remedy) : fail('disk speed', found, remedy);
};

/** Looks at the folder of the spools: whether it can be written, how fast, and how much room there is. */
export const checkDisk = async (
  folder: string,
  limits: { readonly refuseBelow: number; readonly warnBelow: number },
): Promise<readonly Finding[]> => {
  const file = join(folder, `.doctor-${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o750 });
    const handle = await open(file, 'wx');
    let slowestMs = 0;
    try {
      for (let i = 0; i < writes; i++) {
        const since = performance.now();
        await handle.write(Buffer.alloc(4096, i));
        await handle.datasync();
        slowestMs = Math.max(slowestMs, performance.now() - since);
      }
    } finally {
      await handle.close();
      await rm(file, { force: true });
    }
    const { bavail, bsize, ffree, type } = await statfs(folder);
    return [
      ok('spool folder', `${folder} can be written`),
      ...judgeRoom(folder, { freeBytes: bavail * bsize, freeFiles: ffree, kind: type }, limits),
      judgeSpeed(folder, slowestMs),
    ];
  } catch (error) {
    return [
      fail(
        'spool folder',
        `${folder} cannot be written: ${messageOf(error)}`,
        'Make data.dir a folder that belongs to the user that sipreel runs as.',
      ),
    ];
  }
};
