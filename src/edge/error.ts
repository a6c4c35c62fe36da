/** What can keep the edge from starting. */
export type EdgeErrorCode = 'bad_argument' | 'bad_contact' | 'port_taken' | 'listen_failed';

/** An error of the edge; it has its own because it depends on nothing else of sipreel. */
export class EdgeError extends Error {
  readonly code: EdgeErrorCode;

  constructor(code: EdgeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EdgeError';
    this.code = code;
  }
}

/** Turns Node's error of a failed bind into one that says which port of what it was. */
export function listenError(what: string, address: string, port: number, cause: unknown): EdgeError {
  const taken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
  const why = taken ? 'the port is taken' : cause instanceof Error ? cause.message : String(cause);
  const message = `can't listen for ${what} on ${address} port ${port}: ${why}`;
  return new EdgeError(taken ? 'port_taken' : 'listen_failed', message, { cause });
}
