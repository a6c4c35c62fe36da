/** Whose fault an error is: the one who has to do something about it. */
export type Fault = 'caller' | 'script' | 'configuration' | 'outside' | 'sipreel';

/** One kind of error: what the API, SIP and the operator are told of it. */
export interface ErrorKind {
  /** What to do about it, as a full sentence for the operator. */
  readonly remedy: string;
  /** HTTP status of an API answer that carries it. */
  readonly http: number;
  /** SIP final response to an INVITE that it ends. */
  readonly sip: number;
  readonly fault: Fault;
  /** True if the same thing, tried again later, may succeed. */
  readonly retryable: boolean;
}

/** One kind, as the tables write it. */
export const kind = (fault: Fault, http: number, sip: number, retryable: boolean, remedy: string): ErrorKind => ({
  remedy,
  http,
  sip,
  fault,
  retryable,
});

/** An error in a script: refused before the call is answered, or the end of the call that runs it. */
export const script = (remedy: string): ErrorKind => kind('script', 422, 500, false, remedy);
