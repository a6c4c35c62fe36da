import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusEvent, StatusState } from '../../src/recorder/recording/events.ts';

/** One POST that came in. */
export interface Posted {
  /** performance.now() when its body was complete. */
  readonly atMs: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came, for signatures. */
  readonly body: string;
  /** The body as JSON; undefined if it is none. */
  readonly json: Record<string, unknown> | undefined;
  /** How it was answered; 0: the connection was cut. */
  readonly answered: number;
}

/** A status, or what to do: `hang` never answers, `cut` closes the connection. */
export type SinkAnswer = number | 'hang' | 'cut';

/** A server that keeps what is posted to status_url. */
export interface StatusSink {
  /** http://127.0.0.1:PORT/status */
  readonly url: string;
  readonly posts: readonly Posted[];
  /** The next answers, in this order; after them it is 200 again. */
  script(answers: readonly SinkAnswer[]): void;
  /** Resolves with the first post, past or to come, that it says true for; rejects with all that came. */
  waitFor(what: string, predicate: (post: Posted) => boolean, timeoutMs?: number): Promise<Posted>;
  /** The status events that were taken, for one control id, in the order of their coming. */
  eventsOf(controlId: string): readonly StatusEvent[];
  /** Resolves with the event that tells this state of this control id, past or to come. */
  waitForState(controlId: string, state: StatusState, timeoutMs?: number): Promise<StatusEvent>;
  close(): Promise<void>;
}

/** Starts a sink on 127.0.0.1; `port` brings one back where it was. */
export const createStatusSink = async (options: { readonly port?: number } = {}): Promise<StatusSink> => {
  const posts: Posted[] = [];
  let answers: SinkAnswer[] = [];

  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text: string) => {
      body += text;
    });
    // A sender that gives up: what was complete has been kept.
    request.on('error', () => undefined);
    request.on('end', () => {
      const answer = answers.shift() ?? 200;
      posts.push({
        atMs: performance.now(),
        path: request.url ?? '',
        headers: request.headers,
        body,
        json: parseObject(body),
        answered: typeof answer === 'number' ? answer : 0,
      });
      if (answer === 'cut') request.socket.destroy();
      else if (answer !== 'hang') response.writeHead(answer).end();
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const waitFor: StatusSink['waitFor'] = async (what, predicate, timeoutMs = 10_000) => {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = posts.find(predicate);
      if (found !== undefined) return found;
      if (performance.now() > deadline) {
        const came = posts.map(({ body, answered }) => `  ${answered} ${body}`).join('\n') || '  nothing';
        throw new Error(`${what} was not posted within ${timeoutMs} ms; posted was:\n${came}`);
      }
      await sleep(20);
    }
  };

  return {
    url: `http://127.0.0.1:${port}/status`,
    posts,
    waitFor,
    eventsOf: (controlId) =>
      posts
        .filter(({ answered }) => answered >= 200 && answered < 300)
        .map(eventOf)
        .filter(({ params }) => params.control_id === controlId),
    async waitForState(controlId, state, timeoutMs) {
      const tells = (post: Posted): boolean => {
        const { params } = eventOf(post);
        return params?.control_id === controlId && params.state === state;
      };
      return eventOf(await waitFor(`state ${state} of ${controlId}`, tells, timeoutMs));
    },
    script(next) {
      answers = [...next];
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};

/** A post as what it should be; what it lacks, a test that looks at it finds. */
const eventOf = ({ json }: Posted): StatusEvent => (json ?? {}) as unknown as StatusEvent;

const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // The test sees the body as it came.
  }
};
