import type { FastifyReply } from 'fastify';
import { asSipreelError, type SipreelError } from '../../errors/error.ts';
import type { ParameterFault } from './parameter-fault.ts';

/** An error as HTTP tells it: RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly remedy: string;
  /** Each parameter at fault, where there are any. */
  readonly errors?: readonly ParameterFault[];
}

export const problemOf = (error: SipreelError): Problem => ({
  type: 'about:blank',
  title: error.code,
  status: error.kind.http,
  detail: error.message,
  code: error.code,
  remedy: error.kind.remedy,
  ...(Array.isArray(error.details.errors) ? { errors: error.details.errors as readonly ParameterFault[] } : {}),
});

/** Answers with the error's status and its problem. */
export const sendProblem = (reply: FastifyReply, thrown: unknown): FastifyReply => {
  const error = asSipreelError(thrown);
  const { http, retryable } = error.kind;
  reply.request.failedWith = error.code;
  // The limit knows how long it is.
  if (retryable && !reply.hasHeader('Retry-After')) void reply.header('Retry-After', '5');
  return reply
    .code(http)
    .type('application/problem+json')
    .send(JSON.stringify(problemOf(error)));
};
