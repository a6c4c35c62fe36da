import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type EmbeddedParts, startEmbedded } from '../../../src/embedded/embedded.ts';
import type { ApiAnswer } from '../../kit/api-answer.ts';
import { classOf } from '../../kit/block-class.ts';
import { type CliRun, runCli, startCli } from '../../kit/cli.ts';
import { type Block, documents } from '../../kit/documents.ts';
import { createPhone, type Phone } from '../../kit/phone.ts';
import { call, type UaCall } from '../../kit/sip-ua.ts';
import { createStatusSink, type StatusSink } from '../../kit/status-sink.ts';
import { eventually } from '../../parts/eventually.ts';
import { type DocumentShell, openDocumentShell, type ShellResult } from './shell.ts';

export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly json: ApiAnswer;
}

/** A server that is set up as the docs say, with a reader who tries out what they say. */
export interface DocumentWorld {
  readonly parts: EmbeddedParts;
  readonly sink: StatusSink;
  /** http://127.0.0.1:PORT */
  readonly http: string;
  /** Asks the API with a key that may do all. */
  ask(method: string, path: string, body?: object): Promise<Answered>;
  /** The data of the newest event of this name, past or to come. */
  event(name: string): Promise<string>;
  /** The id of a call that is up, and that the script of the README answers. */
  callUp(): Promise<string>;
  /** A recording of that call with this control id that goes on. */
  recording(controlId: string): Promise<ApiAnswer>;
  /** A recording that has ended and whose file and spool are there. */
  done(): Promise<ApiAnswer>;
  /** Runs commands as they stand in a page, with the names that stand for something else replaced. */
  type(commands: string): Promise<ShellResult>;
  close(): Promise<void>;
}

/** The first block of a page that is of this kind. */
const blockOf = (page: string, kind: ReturnType<typeof classOf>): Block => {
  const blocks = documents.find((document) => document.page === page)?.blocks ?? [];
  const found = blocks.find((block) => classOf(block) === kind);
  if (!found) throw new Error(`${page} has no ${kind}`);
  return found;
};

/**
 * Starts the server of docs/01-start.md, with the script of the README: addresses and folders are those of the test, and
 * what both post to https://example.com comes to a sink.
 */
export const openDocumentWorld = async (): Promise<DocumentWorld> => {
  const folder = await mkdtemp(join(tmpdir(), 'sipreel-documents-'));
  const data = join(folder, 'data');
  const log = join(folder, 'log');
  const config = join(folder, 'sipreel.yaml');
  const script = join(folder, 'script.yaml');
  const [parts, sink] = await Promise.all([
    startEmbedded({ dataDir: data, sip: { host: '127.0.0.1', port: 0 }, log: pino({ level: 'silent' }) }),
    createStatusSink(),
    mkdir(join(folder, 'spools')),
  ]);
  const { drachtio, rtpengine, redisUrl } = parts;
  const replaced = (text: string, by: Readonly<Record<string, string>>): string =>
    Object.entries(by).reduce((made, [from, to]) => made.replaceAll(from, to), text);
  const scriptText = replaced(blockOf('README.md', 'script').text, {
    'https://example.com': new URL(sink.url).origin,
    // The call is up for as long as pages are read.
    'silence:30': 'silence:600',
  });
  const configText = replaced(blockOf('docs/01-start.md', 'configuration').text, {
    '127.0.0.1:9022': `${drachtio.address.host}:${drachtio.address.port}`,
    cymru: drachtio.secret,
    '127.0.0.1:22222': `${rtpengine.host}:${rtpengine.port}`,
    'redis://127.0.0.1:6379/0': redisUrl,
    '/etc/sipreel/scripts/main.yaml': script,
  });
  const own = {
    data: { dir: data, keep_spool: true },
    http: { listen: '127.0.0.1:0' },
    http_out: { allow_private: true },
  };
  const ownText = Object.entries(own).map(([section, keys]) => `${section}: ${JSON.stringify(keys)}\n`);
  await Promise.all([
    writeFile(script, scriptText),
    writeFile(config, `${configText}${ownText.join('')}log: { file: ${JSON.stringify(log)} }\n`),
  ]);
  const server: CliRun = await startCli(['serve', '--config', config, '--json']);
  const http = JSON.parse(await server.line('"ready":true')).http as string;

  const newKey = async (scopes: string): Promise<{ readonly id: string; readonly key: string }> => {
    const made = await runCli(['key', 'create', '--json', '--config', config, '--name', 'reader', '--scopes', scopes]);
    return JSON.parse(made.stdout) as { id: string; key: string };
  };
  const [{ key }, spare] = await Promise.all([newKey('read,control,audio,admin'), newKey('read')]);

  const ask: DocumentWorld['ask'] = async (method, path, body) => {
    const response = await fetch(`${http}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, text, json: (isJson ? JSON.parse(text) : {}) as ApiAnswer };
  };
  await eventually('the key to be known', async () => (await ask('GET', '/api/me')).status === 200);

  const event: DocumentWorld['event'] = async (name) => {
    const response = await fetch(`${http}/api/events?kinds=call,recording,levels`, {
      headers: { authorization: `Bearer ${key}`, 'last-event-id': '0-0' },
      signal: AbortSignal.timeout(10_000),
    });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const [, data] = new RegExp(`^event: ${name}\\ndata: (.*)\\n\\n`, 'm').exec(text) ?? [];
      if (data !== undefined) return data;
    }
    throw new Error(`no event ${name} has come, but\n${text}`);
  };

  let phone: Phone | undefined;
  let dialled: UaCall | undefined;
  let callId = '';
  const hangUp = async (): Promise<void> => {
    await dialled?.close();
    await phone?.close();
  };
  const callUp = async (): Promise<string> => {
    if (callId !== '' && (await ask('GET', `/api/calls/${callId}`)).json.state === ('answered' as string))
      return callId;
    await hangUp();
    phone = await createPhone({ hz: 440 });
    dialled = await call({ target: parts.sip, phone });
    await dialled.answered;
    callId = await eventually('the call to be known', async () => {
      const { calls } = (await ask('GET', '/api/calls')).json;
      return calls.find(({ state }) => state === 'answered')?.call_id;
    });
    return callId;
  };

  const recording: DocumentWorld['recording'] = async (controlId) => {
    const path = `/api/calls/${await callUp()}/recordings`;
    const now = await ask('GET', `${path}/${encodeURIComponent(controlId)}`);
    if (now.json.state === 'recording') return now.json;
    const begun = await ask('POST', path, { control_id: controlId, status_url: sink.url });
    if (begun.status >= 300) throw new Error(`it could not be recorded: ${begun.text}`);
    return begun.json;
  };

  let last: ApiAnswer | undefined;
  let count = 0;
  const done = async (): Promise<ApiAnswer> => {
    if (last && (await ask('GET', `/api/recordings/${last.recording_id}`)).status === 200) return last;
    const { recording_id } = await recording(`done ${++count}`);
    await phone?.speakFor(0.5);
    await ask('POST', `/api/recordings/${recording_id}/stop`);
    last = await eventually('the recording to have its file', async () => {
      const { json } = await ask('GET', `/api/recordings/${recording_id}`);
      return json.state === 'finished' && json;
    });
    await sink.waitFor('its end', ({ body }) => body.includes(recording_id) && body.includes('"state":"finished"'));
    return last;
  };

  const first = await done();
  const shell: DocumentShell = await openDocumentShell({
    ...{ folder, config, log, script },
    spool: join(data, 'spool', first.recording_id),
  });

  /** What the names in commands stand for; what they speak of is there then. */
  const namesFor = async (commands: string): Promise<Readonly<Record<string, string>>> => {
    const [CALL, { recording_id: RECORDING }] = [await callUp(), await done()];
    if (commands.includes('agent%2F7')) await recording('agent/7');
    const RECORD_CALL_URL = commands.includes('RECORD_CALL_URL') ? ((await recording('live')).url ?? '') : '';
    const { nodes } = (await ask('GET', '/api/nodes')).json;
    return { SIPREEL: http, KEY: key, CALL, RECORDING, RECORD_CALL_URL, NODE: nodes[0]?.node_id ?? '' };
  };
  /** One command after the other finds its call. */
  let turn: Promise<unknown> = Promise.resolve();

  return {
    ...{ parts, sink, http, ask, event, callUp, recording, done },
    async type(commands) {
      const names = turn.then(() => namesFor(commands));
      turn = names.catch(() => undefined);
      const env = await names;
      const text = replaced(commands, {
        '--config FILE': `--config ${config}`,
        '--scopes SCOPES': '--scopes read',
        RECORDING_ID: `${first.recording_id} --data ${data}`,
        '115a4b206345': spare.id,
        '127.0.0.1:8080': new URL(http).host,
        'https://example.com': new URL(sink.url).origin,
      });
      return shell.run(text, env);
    },
    async close() {
      await hangUp();
      server.kill('SIGTERM');
      const { code, stderr } = await server.result;
      await Promise.all([parts.close(), sink.close()]);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      if (code !== 0) throw new Error(`the server has ended with ${code}:\n${stderr}`);
    },
  };
};
