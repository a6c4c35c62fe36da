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

export type DialOptions = Partial<PhoneOptions & Omit<CallOptions, 'phone'>>;

/** What an end-to-end test plays on: a server, and those who use it. */
export interface Stage {
  readonly server: TestServer;
  readonly host: ScriptHost;
  readonly sink: StatusSink;
  /** Calls a number, with a phone of its own that speaks at 440 Hz. */
  dial(number: string, options?: DialOptions): Promise<DialledCall>;
  /** The call id that the server's log has for it. */
  callIdOf(dialled: UaCall): Promise<string>;
  /** Ends all, and rejects if a call is left in rtpengine, a process is left, or the exit code is not 0. */
  close(): Promise<void>;
}

/** Starts one; by default each number has its script from the host. */
export const startStage = async (options: ServerOptions = {}): Promise<Stage> => {
  const [host, sink] = await Promise.all([startScriptHost(), createStatusSink()]);
  const routes = { routes: JSON.stringify([{ to: '*', script: host.url }]) };
  const server = await startServer({ ...options, set: { ...routes, ...options.set } });
  const dialled: DialledCall[] = [];

  return {
    server,
    host,
    sink,
    async dial(number, how = {}) {
      const phone = await createPhone({ hz: 440, ...how });
      const made = { ...(await call({ target: server.sip, ...how, phone, to: number })), phone };
      dialled.push(made);
      return made;
    },
    async callIdOf({ callId, messages }) {
      const what = `the INVITE of ${callId}\n${messages.join('\n')}`;
      const line = await server.waitForLog(what, ({ msg, sip_call_id }) => msg === 'INVITE' && sip_call_id === callId);
      return String(line.call_id);
    },
    async close() {
      await Promise.all(dialled.map((each) => each.close().then(each.phone.close)));
      try {
        await stopWithoutLeftovers(server);
      } finally {
        await server.close();
        await Promise.all([host.close(), sink.close()]);
      }
    },
  };
};
