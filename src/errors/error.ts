import { type ErrorCode, type ErrorKind, errorKinds } from './registry.ts';

/** What an error looks like in an event, an API answer or a variable. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

/** The only error that sipreel throws on purpose: a code of the registry, a message with the value at fault, a cause. */
export class SipreelError extends Error {
  readonly code: ErrorCode;
  /** The values at fault, for the log. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SipreelError';
    this.code = code;
    this.details = options.details ?? {};
  }

  get kind(): ErrorKind {
    return errorKinds[this.code];
  }

  report(): ErrorReport {
    return { code: this.code, message: this.message, remedy: this.kind.remedy };
  }
}

/** Any thrown value as a SipreelError; what is not one becomes internal_error with the original as its cause. */
export const asSipreelError = (thrown: unknown): SipreelError => {
  if (thrown instanceof SipreelError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new SipreelError('internal_error', message, { cause: thrown });
};
