import { ownValue, type Path } from '../../switch/swml/path.ts';
import { shown } from '../../switch/swml/script-error.ts';

/** One parameter at fault: a JSON pointer (RFC 6901) into the request's part, and what is wrong. */
export interface ParameterFault {
  readonly pointer: string;
  readonly detail: string;
}

/** What is wrong with a part of a request, with the value that is. @param part such as /body */
export const parameterFault = (part: string, given: unknown, path: Path, message: string): ParameterFault => {
  const pointer = [part, ...path].join('/');
  // Of the whole, the message names what is wrong with it.
  if (path.length === 0) return { pointer, detail: message };
  const value = path.reduce(ownValue, given);
  return {
    pointer,
    detail: value === undefined ? `it is missing: ${message}` : `${shown(value)} is not allowed: ${message}`,
  };
};

/** All of it in one sentence. */
export const faultsText = (faults: readonly ParameterFault[]): string =>
  faults.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; ');
