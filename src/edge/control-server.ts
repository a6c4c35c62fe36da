import { createServer, type Server, type Socket } from 'node:net';
import type { Application } from './applications.ts';
import { createControlSession } from './commands.ts';
import { createFrameParser, encodeFrame } from './control/frames.ts';
import { applicationLeft } from './incoming.ts';
import { MAX_MESSAGE_BYTES } from './options.ts';
import type { EdgeState } from './state.ts';

/** The control port, which applications connect to. */
export interface ControlServer {
  /** Binds; rejects with Node's error where the port is taken. Resolves with the port. */
  start(): Promise<number>;
  /** Idempotent; resolves once all connections are gone. */
  close(): Promise<void>;
}

/** An application that reads nothing for this many bytes is taken for dead. */
const MAX_UNSENT_BYTES = 64 << 20;
const AUTHENTICATE_MS = 30_000;

/** Listens for applications and reads what they say. */
export function createControlServer(state: EdgeState): ControlServer {
  const { log, controlAddress, controlPort } = state.options;
  const sockets = new Set<Socket>();
  let server: Server | null = null;

  function serve(socket: Socket): void {
    const application: Application = {
      say(payload) {
        if (!socket.writable) return;
        socket.write(encodeFrame(payload));
        if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy(new Error('the application does not read'));
      },
    };
    const session = createControlSession(state, application);
    const parser = createFrameParser(MAX_MESSAGE_BYTES);
    const impatient = setTimeout(() => session.isAuthenticated() || socket.destroy(), AUTHENTICATE_MS);
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (chunk) => {
      for (const frame of parser.push(chunk)) {
        if (!socket.writable) return;
        const stays =
          frame.kind === 'payload'
            ? session.handle(frame.payload)
            : frame.kind === 'oversized' && session.refuseOversized(frame.head, frame.length, MAX_MESSAGE_BYTES);
        if (frame.kind === 'broken') log.warning('control connection closed', { reason: frame.reason });
        if (!stays) return void socket.destroySoon();
      }
    });
    socket.on('error', (error) => log.info('control connection failed', { error: error.message }));
    socket.on('close', () => {
      clearTimeout(impatient);
      sockets.delete(socket);
      state.applications.leave(application);
      applicationLeft(state, application);
      log.info('application disconnected', { left: sockets.size });
    });
    log.info('application connected', { connected: sockets.size });
  }

  return {
    start() {
      return new Promise((resolve, reject) => {
        const listening = createServer(serve);
        listening.once('error', reject);
        listening.listen({ host: controlAddress, port: controlPort, exclusive: true }, () => {
          listening.off('error', reject);
          listening.on('error', (error) => log.warning('control connection not accepted', { error: error.message }));
          server = listening;
          const bound = listening.address();
          resolve(typeof bound === 'object' && bound !== null ? bound.port : controlPort);
        });
      });
    },
    async close() {
      const open = server;
      server = null;
      for (const socket of sockets) socket.destroy();
      if (open !== null) await new Promise<void>((resolve) => open.close(() => resolve()));
    },
  };
}
