import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { SipreelError } from '../../../errors/error.ts';
import type { LevelsById } from '../../../recorder/control/levels.ts';
import type { EventFeed } from '../../events/event-feed.ts';
import type { LevelFeed } from '../../events/level-feed.ts';
import { gapEvent, keepAlive, writeEvent, writeLevels } from '../../events/sse.ts';
import { isStreamId } from '../../events/stream-id.ts';
import type { ApiApp } from './api-app.ts';
import { problems } from './schemas.ts';

const keepAliveMs = 15_000;
/** Bytes that wait for a client that reads too slowly: with more it is cut off, and goes on from its last event. */
const mostWaiting = 1_000_000;

export interface EventResourceParts {
  readonly feed: Pick<EventFeed, 'listen'>;
  readonly levels: Pick<LevelFeed, 'listen'>;
}

/** With so many bytes waiting for it a client gets no levels: of those only the newest count. */
const mostBehind = 16_384;

/** /api/events: what happens, as it happens, on all nodes. */
export const addEventResource = (app: ApiApp, { feed, levels }: EventResourceParts): void => {
  /** Ended with the server: a response that goes on for ever would hold it up. */
  const open = new Set<PassThrough>();
  app.addHook('preClose', async () => {
    for (const stream of open) stream.end();
  });

  app.get(
    '/api/events',
    {
      config: { access: 'read', audit: 'events.read' },
      schema: {
        tags: ['events'],
        summary: 'Calls and recordings as they change (server-sent events)',
        description:
          'call.started, call.answered, call.ended, recording.started, recording.paused, recording.resumed, ' +
          'recording.finishing, recording.ended, recording.mended (its file was made after all), ' +
          'recording.forgotten (it never had sound), recording.held, recording.released, recording.deleted; ' +
          'user.event of scripts. With Last-Event-ID, or last_event_id, it goes on after ' +
          'that event; `gap` says that some are not there any more. `levels` comes only where kinds has it, four times a second: ' +
          'how loud recordings in progress are, dB of full scale by recording_id and direction, as far as it has changed.',
        querystring: z.strictObject({
          kinds: z
            .string()
            .optional()
            .describe('What is before the dot, such as call,recording; all but levels without it'),
          call_id: z.string().optional(),
          last_event_id: z.string().optional(),
        }),
        headers: z.looseObject({ 'last-event-id': z.string().optional() }),
        produces: ['text/event-stream'],
        response: {
          200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { kinds, call_id, last_event_id } = request.query;
      const after = request.headers['last-event-id'] ?? last_event_id;
      if (after !== undefined && !isStreamId(after)) {
        throw new SipreelError('cursor_invalid', `${JSON.stringify(after.slice(0, 100))} is no id of an event`);
      }
      const filter = { kinds: kinds?.split(','), callId: call_id };
      const stream = new PassThrough();
      stream.write('retry: 2000\n\n');
      const write = (text: string): void => {
        if (stream.writableLength > mostWaiting) stream.destroy();
        else stream.write(text);
      };
      const stop = await feed.listen(
        {
          onEvent(event) {
            const text = writeEvent(event, filter);
            if (text !== undefined) write(text);
          },
          onGap: () => write(gapEvent),
        },
        after,
      );
      /** What a client that is behind is told when it has read what came before. */
      let held: LevelsById = {};
      const stopLevels = filter.kinds?.includes('levels')
        ? levels.listen((changed) => {
            held = { ...held, ...changed };
            if (stream.writableLength > mostBehind) return;
            write(writeLevels(held));
            held = {};
          })
        : undefined;
      const timer = setInterval(() => write(keepAlive), keepAliveMs);
      open.add(stream);
      stream.once('close', () => {
        stop();
        stopLevels?.();
        clearInterval(timer);
        open.delete(stream);
      });
      // Bytes as they come: no schema describes them.
      return (reply as FastifyReply)
        .header('Cache-Control', 'no-store')
        .header('X-Accel-Buffering', 'no')
        .type('text/event-stream')
        .send(stream);
    },
  );
};
