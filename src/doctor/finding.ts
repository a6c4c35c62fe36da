import { setTimeout as sleep } from 'node:timers/promises';
import { asSipreelError } from '../errors/error.ts';

/** How one thing was found: fail means that calls or recordings are lost by it, warn that they may be some day. */
export interface Finding {
  /** What was looked at, with its address where there are several. */
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found, with its values. */
  readonly found: string;
  /** How to mend it; none if it is ok. */
  readonly remedy?: string;
}

export const ok = (check: string, found: string): Finding => ({ check, status: 'ok', found });

export const warn = (check: string, found: string, remedy: string): Finding => ({
  check,
  status: 'warn',
  found,
  remedy,
});

export const fail = (check: string, found: string, remedy: string): Finding => ({
  check,
  status: 'fail',
  found,
  remedy,
});

/** A check that has not ended by then has failed: disks and servers of networks may never answer, ms. */
const withinMs = 20_000;

/** A check that throws, or never ends, has failed, with the error's own words and remedy. */
export const orFail = async (
  check: string,
  look: () => Promise<readonly Finding[]> | readonly Finding[],
): Promise<readonly Finding[]> => {
  const late = sleep(withinMs, undefined, { ref: false }).then(() => [
    fail(check, `no answer within ${withinMs / 1000} s`, 'Look at what it depends on: a disk or a server that hangs.'),
  ]);
  try {
    return await Promise.race([look(), late]);
  } catch (thrown) {
    const { message, kind } = asSipreelError(thrown);
    return [fail(check, message, kind.remedy)];
  }
};

export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
