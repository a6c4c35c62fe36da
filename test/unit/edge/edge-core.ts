import type { Application } from '../../../src/edge/applications.ts';
import { type ControlSession, createControlSession } from '../../../src/edge/commands.ts';
import { createCore } from '../../../src/edge/core.ts';
import { resolveOptions } from '../../../src/edge/options.ts';
import type { EdgeState } from '../../../src/edge/state.ts';
import type { Flow, Place, Transport, TransportEvents } from '../../../src/edge/transport/flow.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

/** A message that left the edge. */
export interface Sent {
  readonly atMs: number;
  readonly protocol: 'udp' | 'tcp';
  readonly to: Place;
  readonly text: string;
  /** The method, or the status. */
  readonly what: string;
}

/** An application as the edge sees it, without a socket. */
export interface TestApplication {
  readonly session: ControlSession;
  readonly application: Application;
  readonly said: string[];
  /** What was said last, in its fields; the raw message is the last. */
  last(): string[];
}

/** The edge without sockets, on a clock that only moves when it is told to. */
export interface TestCore {
  readonly clock: ManualClock;
  readonly state: EdgeState;
  readonly sent: Sent[];
  /** Gives the edge a message from the network. */
  receive(text: string, from?: Partial<Place> & { readonly protocol?: 'udp' | 'tcp' }): void;
  /** The connection with this place closes. */
  closeConnection(place: Place): void;
  /** Connects an application that has authenticated and wants these verbs. */
  join(...verbs: string[]): TestApplication;
  /** What was sent since this was last called, as `<method or status>`. */
  news(): string[];
}

export const EDGE: Place = { address: '127.0.0.1', port: 5060 };
export const ALICE: Place = { address: '127.0.0.1', port: 5070 };

export function createTestCore(): TestCore {
  const clock = createManualClock();
  const sent: Sent[] = [];
  const connections = new Map<string, { flow: Flow; open: boolean }>();
  let events: TransportEvents | undefined;
  let seen = 0;
  let uuids = 0;

  function createFlow(protocol: 'udp' | 'tcp', remote: Place, isOpen: () => boolean): Flow {
    return {
      protocol,
      remote,
      local: EDGE,
      isOpen,
      send(text) {
        const what = /^SIP\/2\.0 (\d+)|^(\S+)/.exec(text);
        sent.push({ atMs: clock.nowMs(), protocol, to: remote, text, what: what?.[1] ?? what?.[2] ?? '' });
      },
    };
  }

  function flowTo(protocol: 'udp' | 'tcp', remote: Place): Flow {
    if (protocol === 'udp') return createFlow('udp', remote, () => true);
    const key = `${remote.address}:${remote.port}`;
    const known = connections.get(key);
    if (known?.open) return known.flow;
    const connection = { open: true } as { flow: Flow; open: boolean };
    connection.flow = createFlow('tcp', remote, () => connection.open);
    connections.set(key, connection);
    return connection.flow;
  }

  function createTransport(protocol: 'udp' | 'tcp'): Transport {
    const nothing = Promise.resolve();
    return {
      protocol,
      start: (port) => Promise.resolve(port),
      flowTo: (to) => flowTo(protocol, to),
      close: () => nothing,
    };
  }

  const ids = { uuid: () => `uuid-${++uuids}`, tag: () => `tag-${++uuids}`, branch: () => `z9hG4bKedge${++uuids}` };
  const options = resolveOptions({ clock, ids: { ...ids, sequence: () => 100 } });
  const state = createCore(
    options,
    () => EDGE,
    (told) => {
      events = told;
      return [createTransport('tcp'), createTransport('udp')];
    },
  );

  return {
    clock,
    state,
    sent,
    receive(text, from = {}) {
      const { protocol = 'udp', ...place } = from;
      events?.onMessage(text, flowTo(protocol, { ...ALICE, ...place }));
    },
    closeConnection(place) {
      const connection = connections.get(`${place.address}:${place.port}`);
      if (connection === undefined) return;
      connection.open = false;
      events?.onFailure(connection.flow, new Error('closed'));
    },
    join(...verbs) {
      const said: string[] = [];
      const application: Application = { say: (payload) => void said.push(payload) };
      const session = createControlSession(state, application);
      session.handle('a|authenticate|cymru|');
      for (const verb of verbs) session.handle(`r|route|${verb}`);
      said.length = 0;
      const last = () => {
        const payload = said.at(-1) ?? '';
        const end = payload.indexOf('\r\n');
        return [
          ...(end < 0 ? payload : payload.slice(0, end)).split('|'),
          ...(end < 0 ? [] : [payload.slice(end + 2)]),
        ];
      };
      return { session, application, said, last };
    },
    news() {
      const fresh = sent.slice(seen).map(({ what }) => what);
      seen = sent.length;
      return fresh;
    },
  };
}
