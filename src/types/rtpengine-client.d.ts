/** rtpengine-client 0.4 has no types: what we use of it. */
declare module 'rtpengine-client' {
  import type { EventEmitter } from 'node:events';

  type Reply = { result: string; 'error-reason'?: string; sdp?: string } & Record<string, unknown>;
  type Command = (port: number, host: string, parameters: Record<string, unknown>) => Promise<Reply>;

  export interface ClientOptions {
    localAddress?: string;
    localPort?: number;
    timeout?: number;
    rejectOnError?: boolean;
  }

  export class Client extends EventEmitter {
    constructor(options: ClientOptions);
    offer: Command;
    answer: Command;
    delete: Command;
    query: Command;
    list: Command;
    ping: Command;
    subscribeRequest: Command;
    subscribeAnswer: Command;
    unsubscribe: Command;
    playMedia: Command;
    blockMedia: Command;
    unblockMedia: Command;
    startRecording: Command;
    stopRecording: Command;
    close(): void;
  }
}
