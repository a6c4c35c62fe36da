import { createStoppableClock } from './clock.ts';
import { parseContact } from './contact.ts';
import { createControlServer } from './control-server.ts';
import { createCore } from './core.ts';
import { listenError } from './error.ts';
import { type EdgeOptions, MAX_MESSAGE_BYTES, resolveOptions } from './options.ts';
import { createStreamFramer } from './sip/framing.ts';
import type { Transport } from './transport/flow.ts';
import { createTcpTransport } from './transport/tcp.ts';
import { createUdpTransport } from './transport/udp.ts';

/** The embedded SIP edge, which stands in for drachtio-server. */
export interface Edge {
  /** Binds SIP first and the control port last; throws EdgeError port_taken or listen_failed and leaves nothing bound. */
  start(): Promise<{ readonly sipPort: number; readonly controlPort: number }>;
  /** Idempotent; resolves once all sockets are closed and no timer is left; it is not started again. Calls are not ended: the other sides may never know. */
  close(): Promise<void>;
  /** How much is kept at the moment. */
  counts(): EdgeCounts;
}

/** How many dialogs, requests and transactions are kept; all of them end by themselves. */
export interface EdgeCounts {
  readonly legs: number;
  readonly incoming: number;
  readonly outgoing: number;
  readonly transactions: number;
}

/** Creates an edge; throws EdgeError bad_contact. */
export function createEdge(given: EdgeOptions = {}): Edge {
  const resolved = resolveOptions(given);
  const clock = createStoppableClock(resolved.clock);
  const options = { ...resolved, clock };
  const { address, port: wantedPort, transports: wanted } = parseContact(options.contact);
  let port = wantedPort;
  let transports: readonly Transport[] = [];
  const state = createCore(
    options,
    () => ({ address, port }),
    (events) => {
      const createFramer = () => createStreamFramer(MAX_MESSAGE_BYTES);
      const tcp = wanted.includes('tcp') ? [createTcpTransport({ address, createFramer }, events)] : [];
      const udp = wanted.includes('udp') ? [createUdpTransport({ address }, events)] : [];
      // TCP is bound first: where any port will do, it finds one, and UDP then takes the same.
      transports = [...tcp, ...udp];
      return transports;
    },
  );
  const control = createControlServer(state);

  async function close(): Promise<void> {
    clock.stop();
    await Promise.all([control.close(), ...transports.map((each) => each.close())]);
  }

  async function start() {
    for (const transport of transports) {
      port = await transport.start(port).catch((error: unknown) => {
        throw listenError(`SIP over ${transport.protocol.toUpperCase()}`, address, port, error);
      });
    }
    const { controlAddress } = options;
    const controlPort = await control.start().catch((error: unknown) => {
      throw listenError('applications', controlAddress, options.controlPort, error);
    });
    const sip = state.network.hostports().join(',');
    options.log.notice('listening', { sip, control_address: controlAddress, control_port: controlPort });
    return { sipPort: port, controlPort };
  }

  return {
    close,
    async start() {
      try {
        return await start();
      } catch (error) {
        await close();
        throw error;
      }
    },
    counts() {
      const { server, client } = state.transactions.size();
      return {
        legs: state.legs.all().length,
        incoming: state.incoming.size,
        outgoing: state.outgoing.size,
        transactions: server + client,
      };
    },
  };
}
