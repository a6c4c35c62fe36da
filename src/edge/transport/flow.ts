/** An address and a port; the address is an IP literal without brackets. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Where messages go to one other side: a UDP address, or one TCP connection. */
export interface Flow {
  readonly protocol: 'udp' | 'tcp';
  readonly remote: Place;
  /** Where this side listens for this protocol. */
  readonly local: Place;
  /** False once a TCP connection has closed. */
  isOpen(): boolean;
  /** Sends one message, a byte string; a failure is told to the transport's `onFailure`. */
  send(bytes: string): void;
}

/** What a transport tells. */
export interface TransportEvents {
  /** One whole message has arrived. */
  onMessage(bytes: string, flow: Flow): void;
  /** A connection's stream can't be read any further; it is closed after this returns, so an answer still leaves. */
  onBroken(head: string, reason: string, flow: Flow): void;
  /** A message could not be sent, or the connection has closed or was never made. */
  onFailure(flow: Flow, error: Error): void;
}

/** UDP or TCP on one address and port. */
export interface Transport {
  readonly protocol: 'udp' | 'tcp';
  /** Binds, 0 for any free port; rejects with Node's error where the port is taken. Resolves with the port. */
  start(port: number): Promise<number>;
  /** The way to another side; over TCP the connection that exists, or else a new one. */
  flowTo(remote: Place): Flow;
  /** Idempotent; resolves once nothing is open. */
  close(): Promise<void>;
}
