import type { FastifyError } from 'fastify';
import { SipreelError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/registry.ts';

/** One parameter at fault: a JSON pointer (RFC 6901) into the request's part, and what is wrong. */
export interface ParameterFault {
  readonly pointer: string;
  readonly detail: string;
}

const codes: Readonly<Record<number, ErrorCode>> = {
  413: 'body_too_large',
  415: 'media_type_unsupported',
  416: 'range_unsatisfiable',
  429: 'rate_limited',
};

const isFastifyError = (thrown: unknown): thrown is FastifyError =>
  thrown instanceof Error && 'statusCode' in thrown && typeof thrown.statusCode === 'number';

const faultsOf = ({ validation = [], validationContext = 'body' }: FastifyError): ParameterFault[] =>
  validation.map(({ instancePath, message = 'it is not allowed' }) => ({
    pointer: `/${validationContext}${instancePath === '/' ? '' : instancePath}`,
    detail: message,
  }));

/**
 * What Fastify and its plugins throw for a request that is at fault, as an error of ours; undefined for what is not the
 * request's fault.
 */
export const requestError = (thrown: unknown): SipreelError | undefined => {
  if (thrown instanceof SipreelError || !isFastifyError(thrown)) return undefined;
  const status = thrown.statusCode ?? 500;
  if (status < 400 || status >= 500) return undefined;
  const faults = faultsOf(thrown);
  const message =
    faults.length === 0 ? thrown.message : faults.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; ');
  return new SipreelError(codes[status] ?? 'request_invalid', message, {
    cause: thrown,
    ...(faults.length === 0 ? {} : { details: { errors: faults } }),
  });
};
