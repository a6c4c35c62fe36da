import { Writable } from 'node:stream';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { createOutboundDispatcher, type OutboundOptions } from '../../../src/net/address-guard.ts';
import { createDeliverer, type Deliverer, type DelivererOptions } from '../../../src/recorder/notify/deliver.ts';
import { createNotifier, type Notifier, type NotifierOptions } from '../../../src/recorder/notify/queue.ts';
import { type StatusEvent, type StatusState, statusEvent } from '../../../src/recorder/recording/events.ts';
import { closeRedis, connectRedis } from '../../../src/recorder/registry/connection.ts';

/** Both sides of the status event queue, and what they logged. */
export interface Parts {
  readonly connection: Redis;
  readonly notifier: Notifier;
  readonly deliverer: Deliverer;
  readonly logged: (text: string) => Record<string, unknown>[];
  close(): Promise<void>;
}

/** Opens both sides on one connection, with short back-offs; the deliverer is not started. */
export const openParts = (
  url: string,
  options: Partial<DelivererOptions> & Partial<NotifierOptions> & { readonly outbound?: OutboundOptions } = {},
): Parts => {
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { level: 'info' },
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
        done();
      },
    }),
  );
  const connection = connectRedis({ url, role: 'blocking', log });
  const dispatcher = createOutboundDispatcher(options.outbound ?? { allowPrivate: true });
  const shared = { connection, prefix: 'test', log };
  const notifier = createNotifier({ ...shared, retryMs: 50, ...options });
  const deliverer = createDeliverer({ ...shared, dispatcher, firstRetryMs: 50, timeoutMs: 2_000, ...options });
  return {
    connection,
    notifier,
    deliverer,
    logged: (text) => lines.filter((line) => line.msg === text),
    async close() {
      await notifier.close();
      await deliverer.close();
      await closeRedis(connection);
      await dispatcher.destroy();
    },
  };
};

let made = 0;

/** An id that no other recording of the test run has. */
export const newRecordingId = (): string => {
  made += 1;
  return `rec-${process.pid}-${made}`;
};

/** A status event of a recording that is complete enough to be told apart. */
export const eventOf = (recordingId: string, state: StatusState): StatusEvent =>
  statusEvent(
    {
      recording_id: recordingId,
      call_id: 'call-1',
      control_id: 'greeting "ü"',
      node_id: 'node-1',
      state: 'recording',
      format: 'wav',
      direction: 'both',
      stereo: false,
      url: `http://127.0.0.1/${recordingId}.wav`,
      from: '+1',
      to: '+2',
      start_time: 1_767_225_600.5,
      end_time: 1_767_225_601.5,
      end_reason: 'stop',
      duration: 1,
      size: 16_044,
    },
    state,
  );
