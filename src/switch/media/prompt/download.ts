import type { FileHandle } from 'node:fs/promises';
import { type Dispatcher, request } from 'undici';
import { SipreelError } from '../../../errors/error.ts';
import { basicAuthorization } from '../../../net/basic-authorization.ts';
import { describeUrl } from './entry.ts';
import { redirectTarget } from './redirect.ts';

export interface DownloadOptions {
  /** Connects; a guard of addresses belongs here. Default: undici's global one. */
  readonly dispatcher?: Dispatcher;
  /** Bytes of the largest body that is taken. Default: 100,000,000. */
  readonly maxBytes?: number;
  /** Milliseconds until the answer begins: a recording's URL answers when the recording is finished. Default: 60,000. */
  readonly headersTimeoutMs?: number;
  /** Milliseconds until all is there, redirects included. Default: 180,000. */
  readonly totalTimeoutMs?: number;
}

const longestRedirection = 5;
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Writes what GET answers to the file, following up to 5 redirects; a URL's user and password become Basic authorization
 * and go to its own origin only.
 * @throws SipreelError prompt_fetch_failed, prompt_too_large, what the dispatcher throws as SipreelError, or the signal's reason
 */
export const download = async (
  url: URL,
  target: FileHandle,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<void> => {
  const { totalTimeoutMs = 180_000 } = options;
  const timeout = AbortSignal.timeout(totalTimeoutMs);
  try {
    await follow(url, target, options, AbortSignal.any([signal, timeout]));
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) throw failed(url, `it was not there within ${totalTimeoutMs} ms`, error);
    const told = tellingCause(error);
    if (told instanceof SipreelError) throw told;
    throw failed(url, told instanceof Error ? told.message || String(told) : String(told), error);
  }
};

const follow = async (first: URL, target: FileHandle, options: DownloadOptions, signal: AbortSignal): Promise<void> => {
  const { maxBytes = 100_000_000, headersTimeoutMs = 60_000, dispatcher } = options;
  let url = first;
  let authorization = basicAuthorization(first);
  for (let redirects = 0; ; redirects++) {
    const { statusCode, headers, body } = await request(`${url.origin}${url.pathname}${url.search}`, {
      headers: {
        accept: 'audio/*, */*;q=0.1',
        'accept-encoding': 'identity',
        'user-agent': 'sipreel',
        ...(authorization === undefined ? {} : { authorization }),
      },
      signal,
      headersTimeout: headersTimeoutMs,
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
    if (statusCode >= 200 && statusCode < 300)
      return await save(url, body, headers['content-length'], target, maxBytes);
    await body.dump({ limit: 65_536, signal });
    if (!redirectStatuses.has(statusCode)) throw failed(url, `the answer is ${statusCode}`, undefined, statusCode);
    if (redirects === longestRedirection) throw failed(first, `it redirects more than ${longestRedirection} times`);
    const next = redirectTarget(url, headers.location);
    if (next === undefined) throw failed(url, 'it redirects to no http or https URL', undefined, statusCode);
    if (next.origin !== url.origin) authorization = undefined;
    url = next;
  }
};

const save = async (
  url: URL,
  body: AsyncIterable<Uint8Array>,
  announced: string | string[] | undefined,
  target: FileHandle,
  maxBytes: number,
): Promise<void> => {
  const tooLarge = (bytes: number): SipreelError =>
    new SipreelError('prompt_too_large', `${describeUrl(url)} has ${bytes} bytes or more, ${maxBytes} are allowed`, {
      details: { url: describeUrl(url), bytes, maxBytes },
    });
  let bytes = 0;
  // A body that is too large by its own words is refused with its first chunk: leaving the loop ends the connection.
  for await (const chunk of body) {
    bytes += chunk.length;
    if (Math.max(bytes, Number(announced ?? 0)) > maxBytes) throw tooLarge(Math.max(bytes, Number(announced ?? 0)));
    await target.writeFile(chunk);
  }
};

/** An address guard's refusal comes wrapped in undici's or net's errors; an aggregate of connection errors has no message. */
const tellingCause = (error: unknown): unknown => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof SipreelError) return cause;
  }
  return error instanceof AggregateError ? (error.errors[0] ?? error) : error;
};

const failed = (url: URL, why: string, cause?: unknown, status?: number): SipreelError =>
  new SipreelError('prompt_fetch_failed', `${describeUrl(url)} was not fetched: ${why}`, {
    cause,
    details: { url: describeUrl(url), ...(status === undefined ? {} : { status }) },
  });
