import { type Dispatcher, request } from 'undici';
import { SipreelError } from '../../errors/error.ts';
import { basicAuthorization } from '../../net/basic-authorization.ts';

/** One POST of JSON. */
export interface Post {
  readonly url: string;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** Decides which addresses may be reached. */
  readonly dispatcher: Dispatcher;
  /** Milliseconds from the first byte to the end of the answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** More of an answer's body than this is not read, and the connection not used again. */
const maxAnswerBytes = 16_384;

/** Where a status_url points to: its origin, which may be logged, and the credentials it carries. Throws status_url_invalid. */
const targetOf = (url: string): { readonly target: URL; readonly authorization?: string } => {
  const target = URL.canParse(url) ? new URL(url) : undefined;
  if (target === undefined || !/^https?:$/.test(target.protocol)) {
    throw new SipreelError('status_url_invalid', `status_url is no http or https URL: "${url}"`);
  }
  const authorization = basicAuthorization(target);
  target.username = '';
  target.password = '';
  return authorization === undefined ? { target } : { target, authorization };
};

const unanswered = (origin: string, thrown: unknown): SipreelError => {
  if (thrown instanceof SipreelError) return thrown;
  const why = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return new SipreelError('status_event_unanswered', `${origin} did not answer: ${why}`, { cause: thrown });
};

/**
 * Posts once and resolves if a 2xx was answered. Redirects are not followed. Throws status_event_refused,
 * status_event_unanswered, status_url_invalid or what the dispatcher refuses with.
 */
export const post = async ({ url, body, headers, dispatcher, timeoutMs, signal }: Post): Promise<void> => {
  const { target, authorization } = targetOf(url);
  const limit = new AbortController();
  const abort = () => limit.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => limit.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    const answer = await request(target, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
        ...headers,
      },
      body,
      dispatcher,
      signal: limit.signal,
      // The limit above is for the whole; these would only get in its way.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    try {
      await answer.body.dump({ limit: maxAnswerBytes, signal: limit.signal });
    } catch {
      // The status has been given; a body that does not end is cut off by the limit and means nothing.
    }
    if (answer.statusCode >= 200 && answer.statusCode < 300) return;
    throw new SipreelError('status_event_refused', `${target.origin} answered ${answer.statusCode}`, {
      details: { status: answer.statusCode },
    });
  } catch (error) {
    throw unanswered(target.origin, error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
};
