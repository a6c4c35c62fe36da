/** The facts about one SIP message that go with it to an application. */
export interface MessageFacts {
  /** Who sent it: the network, or this side for an application or by itself. */
  readonly source: 'network' | 'application';
  readonly bytes: number;
  /** `udp`, `tcp`, or empty for a response the edge made up because nothing answered. */
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
  /** Microseconds since 1970. */
  readonly atUs: number;
}

/** `HH:MM:SS.uuuuuu` in UTC. */
export function formatTime(atUs: number): string {
  const iso = new Date(Math.floor(atUs / 1000)).toISOString();
  return `${iso.slice(11, 19)}.${String(atUs % 1_000_000).padStart(6, '0')}`;
}

function formatFacts({ source, bytes, protocol, address, port, atUs }: MessageFacts): string {
  return `${source}|${bytes}|${protocol}|${address}|${port}|${formatTime(atUs)}`;
}

/** Writes what the edge says to applications; every text is a byte string. */
export const serverMessages = {
  /** A request that begins something new; `local` is where it arrived. */
  newRequest(
    id: string,
    facts: MessageFacts,
    transactionId: string,
    local: { address: string; port: number },
    raw: string,
  ) {
    return `${id}|sip|${formatFacts(facts)}|${transactionId}||${local.address}|${local.port}|\r\n${raw}`;
  },
  /** A request within a dialog, a CANCEL, or a response; `dialogId` is empty where there is none. */
  sip(id: string, facts: MessageFacts, transactionId: string, dialogId: string, raw: string) {
    return `${id}|sip|${formatFacts(facts)}|${transactionId}|${dialogId}|\r\n${raw}`;
  },
  /** A command was done; `more` are further fields. */
  ok(id: string, to: string, ...more: string[]) {
    return [id, 'response', to, 'OK', ...more].join('|');
  },
  /** A command can't be understood or is not allowed; the connection is closed behind it. */
  no(id: string, to: string, reason: string) {
    return `${id}|response|${to}|NO|${reason}`;
  },
  /** A SIP message was not sent. */
  notSent(id: string, to: string, reason: string) {
    return `${id}|response|${to}|NOK|${reason.replace(/[|\r\n]/g, ' ')}`;
  },
  /** A response was sent. */
  responseSent(id: string, to: string, facts: MessageFacts, transactionId: string, dialogId: string, raw: string) {
    return `${id}|response|${to}|OK|${formatFacts(facts)}|${transactionId}|${dialogId}||Msg sent:|\r\n${raw}`;
  },
  /** A request was sent. */
  requestSent(id: string, to: string, facts: MessageFacts, transactionId: string, raw: string) {
    return `${id}|response|${to}|OK|${formatFacts(facts)}|${transactionId}|Msg sent:|\r\n${raw}`;
  },
};
