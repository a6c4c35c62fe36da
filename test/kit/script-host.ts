import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { tone } from '../sound/tone.ts';
import { deferred } from './deferred.ts';
import { wavOf } from './wav.ts';

/** One step of a script, such as { record_call: {} }. */
export type ScriptStep = string | Readonly<Record<string, unknown>>;

/** What a script has told: the variables of its recordings at that moment. */
export interface Told {
  /** performance.now() when it came. */
  readonly atMs: number;
  readonly record_call_url: string;
  readonly record_call_result: string;
  readonly record_control_id: string;
  readonly record_call_state: string;
  readonly stop_record_call_result: string;
  readonly pause_record_call_result: string;
  readonly resume_record_call_result: string;
  readonly play_result: string;
  readonly connect_result: string;
  readonly connect_failed_reason: string;
  /** The variables that were asked for besides. */
  readonly more: Readonly<Record<string, string>>;
}

/** The web server of somebody who uses sipreel: it has a script for each called number, sounds, and an ear for scripts. */
export interface ScriptHost {
  /** For a route: the server's script for the number that was called. */
  readonly url: string;
  /** http://127.0.0.1:PORT */
  readonly origin: string;
  /** What calls to this number run from now on: the steps of main, or a whole document as text. */
  serve(number: string, script: readonly ScriptStep[] | string): void;
  /** A WAV file of a tone, 0.3 of full scale. */
  toneUrl(hz: number, seconds: number): string;
  /** The step by which the script of `number` tells us where it is: `what` is a word or a sentence, but no path. */
  tell(number: string, what: string, more?: readonly string[]): ScriptStep;
  /** Resolves when it has told so, past or to come; rejects with all that it has told. */
  told(number: string, what: string, timeoutMs?: number): Promise<Told>;
  /** All that the script of a number has told, in order. */
  allTold(number: string): readonly string[];
  close(): Promise<void>;
}

const variables = [
  'record_call_url',
  'record_call_result',
  'record_control_id',
  'record_call_state',
  'stop_record_call_result',
  'pause_record_call_result',
  'resume_record_call_result',
  'play_result',
  'connect_result',
  'connect_failed_reason',
] as const;

const values = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, `\${${name}}`]));

/** How loud its tones are; 1 = full scale. */
export const hostAmplitude = 0.3;

const documentOf = (script: readonly ScriptStep[] | string): string =>
  typeof script === 'string' ? script : JSON.stringify({ version: '1.0.0', sections: { main: script } });

export const startScriptHost = async (): Promise<ScriptHost> => {
  const scripts = new Map<string, string>();
  const heard: { readonly key: string; readonly told: Told }[] = [];
  const waiting: { readonly key: string; readonly resolve: (told: Told) => void }[] = [];

  const takeTold = (key: string, body: string): void => {
    const told = { atMs: performance.now(), ...(JSON.parse(body) as Omit<Told, 'atMs'>) };
    heard.push({ key, told });
    for (const waiter of waiting) if (waiter.key === key) waiter.resolve(told);
  };

  const answer = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    const [, kind = '', ...rest] = (request.url ?? '').split('/').map(decodeURIComponent);
    if (kind === 'script') {
      const { call } = JSON.parse(body) as { call: { to: string } };
      const script = scripts.get(/^sip:([^@]+)@/.exec(call.to)?.[1] ?? '');
      response.writeHead(script === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(script);
    } else if (kind === 'told') {
      takeTold(rest.join('/'), body);
      response.writeHead(200).end();
    } else if (kind === 'tone') {
      const [hz = '', seconds = ''] = rest;
      const wav = wavOf(tone(Number(hz), 8000, Number.parseFloat(seconds), hostAmplitude), 8000);
      response.writeHead(200, { 'content-type': 'audio/wav' }).end(wav);
    } else response.writeHead(404).end();
  };

  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('error', () => undefined); // A call that has ended gives its request up.
    request.on('end', () => answer(request, response, body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;

  return {
    origin,
    url: `${origin}/script`,
    serve: (number, script) => void scripts.set(number, documentOf(script)),
    toneUrl: (hz, seconds) => `${origin}/tone/${hz}/${seconds}.wav`,
    tell: (number, what, more = []) => ({
      request: {
        url: `${origin}/told/${encodeURIComponent(number)}/${encodeURIComponent(what)}`,
        method: 'POST',
        body: { ...values(variables), more: values(more) },
      },
    }),
    async told(number, what, timeoutMs = 20_000) {
      const key = `${number}/${what}`;
      const known = heard.find((each) => each.key === key);
      if (known) return known.told;
      const { promise, resolve, reject } = deferred<Told>();
      waiting.push({ key, resolve });
      const timer = setTimeout(() => {
        const own = heard.filter((each) => each.key.startsWith(`${number}/`));
        const all = own.map((each) => `  ${JSON.stringify(each)}`).join('\n') || '  nothing';
        reject(new Error(`${key} was not told within ${timeoutMs} ms; ${number} has told:\n${all}`));
      }, timeoutMs);
      return promise.finally(() => clearTimeout(timer));
    },
    allTold: (number) =>
      heard.filter(({ key }) => key.startsWith(`${number}/`)).map(({ key }) => key.slice(number.length + 1)),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
