import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { download } from './download.ts';
import { stopWithoutLeftovers } from './leftovers.ts';
import { createPhone, type Phone, type PhoneOptions } from './phone.ts';
import { type ScriptHost, startScriptHost } from './script-host.ts';
import { type ServerOptions, startServer, type TestServer } from './server.ts';
import { type CallOptions, call, type UaCall } from './sip-ua.ts';
import { createStatusSink, type StatusSink } from './status-sink.ts';

/** One caller: its phone and its call. */
export interface DialledCall extends UaCall {
  readonly phone: Phone;
}

export interface DialOptions extends Partial<PhoneOptions & Omit<CallOptions, 'phone' | 'sdp'>> {
  /** The offer as it is, or made of the phone's; null for an INVITE without one. Default: the phone's. */
  readonly sdp?: string | null | ((own: string) => string);
}

export interface StageOptions extends ServerOptions {
  /** The routes, made with the host's URL. Default: the host has the script of every number. */
  readonly routes?: (hostUrl: string) => readonly Readonly<Record<string, unknown>>[];
}

/** What an end-to-end test plays on: a server, and those who use it. */
export interface Stage {
  readonly server: TestServer;
  readonly host: ScriptHost;
  readonly sink: StatusSink;
  /** Calls a number, with a phone of its own that speaks at 440 Hz. */
  dial(number: string, options?: DialOptions): Promise<DialledCall>;
  /** Gets a recording by its URL and gives the path of the file, which is gone with the stage. */
  download(url: string): Promise<string>;
  /** The call id that the server's log has for it. */
  callIdOf(dialled: UaCall): Promise<string>;
  /** Ends all, and rejects if a call is left in rtpengine, a process is left, or the exit code is not 0. */
  close(): Promise<void>;
  /** Ends all, by force where it must be: for a server that the test has harmed or stopped already. */
  abandon(): Promise<void>;
}

/** Starts all of it. */
export const startStage = async (options: StageOptions = {}): Promise<Stage> => {
  const [host, sink, folder] = await Promise.all([
    startScriptHost(),
    createStatusSink(),
    mkdtemp(join(tmpdir(), 'sipreel-got-')),
  ]);
  const routes = options.routes?.(host.url) ?? [{ to: '*', script: host.url }];
  const server = await startServer({ ...options, set: { routes: JSON.stringify(routes), ...options.set } });
  const dialled: DialledCall[] = [];
  const leaveAll = (how?: 'silently') => Promise.all(dialled.map((each) => each.close(how).then(each.phone.close)));
  const closeServers = async () => {
    await Promise.all([server.close(), host.close(), sink.close()]);
    await rm(folder, { recursive: true, force: true });
  };

  return {
    server,
    host,
    sink,
    async dial(number, how = {}) {
      const phone = await createPhone({ hz: 440, ...how });
      const { sdp: given, ...rest } = how;
      const sdp = typeof given === 'function' ? given(phone.sdp()) : given === undefined ? phone.sdp() : given;
      const made = { ...(await call({ target: server.sip, ...rest, phone, to: number, sdp })), phone };
      dialled.push(made);
      return made;
    },
    download: (url) => download(url, folder),
    async callIdOf({ callId, messages }) {
      const what = `the INVITE of ${callId}\n${messages.join('\n')}`;
      const line = await server.waitForLog(what, ({ msg, sip_call_id }) => msg === 'INVITE' && sip_call_id === callId);
      return String(line.call_id);
    },
    async close() {
      await leaveAll();
      try {
        await stopWithoutLeftovers(server);
      } finally {
        await closeServers();
      }
    },
    async abandon() {
      await Promise.all([leaveAll('silently'), closeServers()]);
    },
  };
};
