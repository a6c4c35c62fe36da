import type { FastifyError, FastifyRequest } from 'fastify';
import { SipreelError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/registry.ts';
import { faultsText, type ParameterFault, parameterFault } from './parameter-fault.ts';

/** The largest body that is taken, bytes. */
export const bodyLimit = 1_000_000;

const codes: Readonly<Record<number, ErrorCode>> = {
  413: 'body_too_large',
  415: 'media_type_unsupported',
  416: 'range_unsatisfiable',
  429: 'rate_limited',
};

const isFastifyError = (thrown: unknown): thrown is FastifyError =>
  thrown instanceof Error && 'statusCode' in thrown && typeof thrown.statusCode === 'number';

/** The parts of a request by the names that Fastify has for them. */
type Parts = Pick<FastifyRequest, 'body' | 'query' | 'params' | 'headers'>;

const faultsOf = (
  { validation = [], validationContext = 'body' }: FastifyError,
  { query, ...others }: Partial<Parts>,
): ParameterFault[] => {
  const given: unknown = { ...others, querystring: query }[validationContext];
  return validation.map(({ instancePath, message = 'it is not allowed' }) =>
    parameterFault(`/${validationContext}`, given, instancePath.split('/').filter(Boolean), message),
  );
};

/**
 * What Fastify and its plugins throw for a request that is at fault, as an error of ours; undefined for what is not the
 * request's fault.
 */
export const requestError = (thrown: unknown, request: Partial<Parts> = {}): SipreelError | undefined => {
  if (thrown instanceof SipreelError || !isFastifyError(thrown)) return undefined;
  const status = thrown.statusCode ?? 500;
  if (status < 400 || status >= 500) return undefined;
  const faults = faultsOf(thrown, request);
  const limit = status === 413 ? `: ${bodyLimit} bytes are taken` : '';
  const message = faults.length === 0 ? `${thrown.message}${limit}` : faultsText(faults);
  return new SipreelError(codes[status] ?? 'request_invalid', message, {
    cause: thrown,
    ...(faults.length === 0 ? {} : { details: { errors: faults } }),
  });
};
