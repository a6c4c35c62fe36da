import type { Logger } from '../../log.ts';
import type { Caller } from './caller.ts';

/** One thing that somebody did, or tried to do. */
export interface AuditEntry {
  /** What, such as recording.stop. */
  readonly action: string;
  readonly caller: Caller | undefined;
  /** The address that the request came from. */
  readonly address: string;
  /** To which call or recording; the parameters of the path and of a list. */
  readonly target: Readonly<Record<string, unknown>>;
  /** HTTP status of the answer: from 400 on it was not done. */
  readonly status: number;
  /** The code of the error, where there was one. */
  readonly code?: string | undefined;
}

/** Writes down who read, heard, started, stopped and deleted what. */
export type Audit = (entry: AuditEntry) => void;

const whoIs = (caller: Caller | undefined): Readonly<Record<string, unknown>> => {
  switch (caller?.by) {
    case undefined:
      return { by: 'nobody' };
    case 'key':
      return { by: 'key', key: caller.id, key_name: caller.name };
    case 'url':
    case 'loopback':
      return { by: caller.by };
  }
};

/** An audit in the form of log lines with the message `audit`. */
export const createAudit =
  (log: Logger): Audit =>
  ({ action, caller, address, target, status, code }) =>
    log.info(
      { action, ...whoIs(caller), address, ...target, status, ...(code === undefined ? {} : { code }) },
      'audit',
    );
