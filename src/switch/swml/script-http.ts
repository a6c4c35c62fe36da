import { DecoratorHandler, type Dispatcher, request as send } from 'undici';
import { basicAuthorization } from '../../net/basic-authorization.ts';
import { untilAborted } from './until-aborted.ts';

/** A request to a server that a script or its configuration names. */
export interface ScriptHttpRequest {
  /** http(s); `user:password@` becomes basic authentication. */
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The answer is cut there. */
  readonly maxBytes: number;
  /** For the whole exchange, milliseconds; 0 = no limit. */
  readonly timeoutMs: number;
  /** For the connection, milliseconds; 0 = the dispatcher's own limit. */
  readonly connectTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ScriptHttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** True if the body was longer than maxBytes. */
  readonly truncated: boolean;
}

/** Sends a request; rejects if no whole answer comes. Redirects are answers: they are not followed. */
export type ScriptHttp = (request: ScriptHttpRequest) => Promise<ScriptHttpAnswer>;

/** A URL as logs, errors and signatures have it: without `user:password@`. */
export const withoutCredentials = (url: string): string => url.replace(/^(https?:\/\/)[^/?#]*@/i, '$1');

/** HTTP by undici over this dispatcher, which decides what may be reached; the caller closes it. */
export const createScriptHttp =
  (dispatcher: Dispatcher): ScriptHttp =>
  async (request) => {
    const limit = new AbortController();
    const timers = [
      startLimit(limit, request.timeoutMs, 'no whole answer'),
      startLimit(limit, request.connectTimeoutMs ?? 0, 'no connection'),
    ];
    const [, connecting] = timers;
    const signal = request.signal ? AbortSignal.any([limit.signal, request.signal]) : limit.signal;
    const exchange = async (): Promise<ScriptHttpAnswer> => {
      const authorization = basicAuthorization(new URL(request.url));
      const { statusCode, headers, body } = await send(withoutCredentials(request.url), {
        dispatcher: dispatcher.compose(whenSent(() => clearTimeout(connecting))),
        method: request.method as Dispatcher.HttpMethod,
        headers: { 'accept-encoding': 'identity', ...(authorization ? { authorization } : {}), ...request.headers },
        body: request.body ?? null,
        signal,
      });
      return { status: statusCode, headers: flat(headers), ...(await readUpTo(body, request.maxBytes)) };
    };
    try {
      // undici looks at the signal only once it is connected.
      return await untilAborted(exchange(), signal);
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  };

const startLimit = (limit: AbortController, ms: number, what: string): NodeJS.Timeout | undefined =>
  ms > 0 ? setTimeout(() => limit.abort(new Error(`${what} within ${ms} ms`)), ms) : undefined;

/** undici's own type leaves out that the methods are there to be overridden. */
const Decorator = DecoratorHandler as unknown as new (
  handler: Dispatcher.DispatchHandler,
) => { onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void };

/** Tells when a request goes out, which is when its connection stands. */
const whenSent =
  (sent: () => void): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) => {
    class Watched extends Decorator {
      override onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
        sent();
        super.onRequestStart(controller, context);
      }
    }
    return dispatch(options, new Watched(handler));
  };

const flat = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );

const readUpTo = async (
  body: AsyncIterable<Uint8Array>,
  most: number,
): Promise<{ body: string; truncated: boolean }> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // To leave the loop ends the stream, and with it the connection.
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > most) break;
  }
  const bytes = Buffer.concat(chunks).subarray(0, most);
  // As a stream, so that a character cut in two at the end is left out.
  return { body: new TextDecoder().decode(bytes, { stream: true }), truncated: size > most };
};
