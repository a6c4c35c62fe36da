import { SipreelError } from '../../errors/error.ts';
import type { CallPort } from './call-port.ts';

/** True for a failure of something outside while the call lasts: it is a result in a variable, and the script goes on. */
export const isOutsideFailure = (thrown: unknown, call: Pick<CallPort, 'signal'>): thrown is SipreelError =>
  !call.signal.aborted && thrown instanceof SipreelError && thrown.code !== 'internal_error';
