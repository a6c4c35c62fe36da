import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SipreelError } from '../../errors/error.ts';
import { signatureHeaders } from '../../recorder/notify/signature.ts';
import type { CallFacts } from './call-port.ts';
import { parseScript } from './parse-script.ts';
import { maxScriptBytes } from './read-source.ts';
import { type ScriptHttp, withoutCredentials } from './script-http.ts';
import { createScriptParser, type ScriptParser } from './script-parser.ts';
import type { SwmlDocument } from './step.ts';

export interface ScriptSourceOptions {
  /** Where relative paths start; the working directory by default. */
  readonly baseDir?: string;
  /** `envs` of the requests. */
  readonly envs?: Readonly<Record<string, unknown>>;
  /** Signs the requests; no signatures without it. */
  readonly signingKey?: string;
  /** Milliseconds for one try; 5,000 by default. */
  readonly timeoutMs?: number;
  /** One that reads in this thread by default. */
  readonly parse?: ScriptParser;
}

/** What a script's server is told. */
export interface ScriptRequest {
  readonly call: Readonly<Record<string, unknown>>;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly envs: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, unknown>>;
  /** Ends the request with the call. */
  readonly signal?: AbortSignal;
  /** Refuses what SWML's reference does not have; false by default. */
  readonly strict?: boolean | undefined;
}

export interface LoadOptions {
  /** Ends the request with the call. */
  readonly signal?: AbortSignal;
  /** Refuses what SWML's reference does not have; false by default. */
  readonly strict?: boolean | undefined;
}

/** Where scripts come from. */
export interface ScriptSource {
  /**
   * The script for a new call: an http(s) URL, the path of a file, or the script itself as an object or as text of
   * several lines. Throws script_unreadable and what parseScript throws.
   */
  load(script: string | object, facts: CallFacts, options?: LoadOptions): Promise<SwmlDocument>;
  /** The script that a server answers with. Throws as load does. */
  fetch(url: string, request: ScriptRequest): Promise<SwmlDocument>;
}

/** Tries for one script. */
const tries = 2;

/** Reads scripts from files, which are parsed again when they change, and from servers by `http`. */
export const createScriptSource = (http: ScriptHttp, options: ScriptSourceOptions = {}): ScriptSource => {
  const { baseDir = '.', envs = {}, signingKey = '', timeoutMs = 5_000, parse = createScriptParser() } = options;
  const files = new Map<string, { readonly version: string; readonly document: SwmlDocument }>();

  const fetch: ScriptSource['fetch'] = async (url, { signal, strict, ...told }) => {
    const name = withoutCredentials(url);
    const body = JSON.stringify(told);
    const signed = signingKey === '' ? {} : signatureHeaders(signingKey, name, Buffer.from(body));
    const post = () =>
      http({
        url,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, application/yaml, text/yaml',
          ...signed,
        },
        body,
        maxBytes: maxScriptBytes,
        timeoutMs,
        ...(signal ? { signal } : {}),
      });
    const answer = await withRetry(post, name, signal);
    if (answer.status < 200 || answer.status >= 300)
      throw unreadable(name, `the server answers with status ${answer.status}`);
    if (answer.truncated) throw unreadable(name, `the answer is larger than ${maxScriptBytes} bytes`);
    return parse(answer.body, { name, strict });
  };

  const readScript = async (path: string, strict: boolean): Promise<SwmlDocument> => {
    const file = resolve(baseDir, path);
    try {
      const { mtimeMs, size, ino } = await stat(file);
      if (size > maxScriptBytes) throw unreadable(path, `the file is larger than ${maxScriptBytes} bytes`);
      const version = `${mtimeMs} ${size} ${ino}`;
      const kept = `${strict ? 'strict' : 'lenient'} ${file}`;
      const known = files.get(kept);
      if (known?.version === version) return known.document;
      const document = await parse(await readFile(file, 'utf8'), { name: path, strict });
      files.set(kept, { version, document });
      return document;
    } catch (thrown) {
      if (thrown instanceof SipreelError) throw thrown;
      throw unreadable(path, reasonOf(thrown), thrown);
    }
  };

  return {
    fetch,
    load(script, facts, { signal, strict = false } = {}) {
      if (typeof script === 'object' || /\n|^\s*\{/.test(script)) {
        // In an async function, so that every error is a rejection.
        const given = { name: 'inline script', strict };
        return typeof script === 'string' ? parse(script, given) : (async () => parseScript(script, given))();
      }
      if (!/^https?:\/\//i.test(script)) return readScript(script, strict);
      const call = { ...facts, call_state: 'created' };
      return fetch(script, { call, vars: {}, envs, params: {}, strict, ...(signal ? { signal } : {}) });
    },
  };
};

type Answer = Awaited<ReturnType<ScriptHttp>>;

/** The answer of the first try that the server could deal with; a second try comes after none, or after a 5xx. */
const withRetry = async (
  post: () => Promise<Answer>,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Answer> => {
  for (let tried = 1; ; tried++) {
    const last = tried === tries;
    try {
      const answer = await post();
      if (answer.status < 500 || last) return answer;
    } catch (thrown) {
      signal?.throwIfAborted();
      // What the address guard refuses, it refuses twice.
      if (last || thrown instanceof SipreelError) throw unreadable(name, reasonOf(thrown), thrown);
    }
  }
};

const unreadable = (script: string, reason: string, cause?: unknown): SipreelError =>
  new SipreelError('script_unreadable', `script ${script}: ${reason}`, {
    details: { script, reason },
    ...(cause === undefined ? {} : { cause }),
  });

const reasonOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown);
  // Connections that were tried over several addresses fail with an AggregateError, which has no message.
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  return thrown.message === '' ? code : thrown.message;
};
