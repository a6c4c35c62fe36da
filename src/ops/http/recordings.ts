import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute } from 'node:path';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { SipreelError } from '../../errors/error.ts';
import type { Live } from '../../recorder/live/live.ts';
import { isTerminal, type RecordingRecord } from '../../recorder/recording/record.ts';
import type { Registry } from '../../recorder/registry/registry.ts';
import { beingDeleted } from '../../recorder/registry/retention-steps.ts';
import type { Storage } from '../../recorder/storage/storage.ts';
import { problems } from './api/schemas.ts';
import { wantedRange } from './byte-range.ts';

const contentTypes: Readonly<Record<string, string>> = { wav: 'audio/wav', mp3: 'audio/mpeg', mp4: 'audio/mp4' };

export interface RecordingRoutes {
  readonly registry: Pick<Registry, 'get' | 'whenEnded'>;
  /** How long a request waits for a recording that is in progress, ms. */
  readonly waitMs: number;
  readonly live: Pick<Live, 'listen'>;
  /** Where files are that are not on this machine's disk. */
  readonly storage: Pick<Storage, 'read'>;
  readonly nodeId: string;
}

/** `?live` and what belongs to it; a signature may stand beside it. */
const query = z.looseObject({
  live: z.string().optional().describe('A recording in progress is heard as far as it has come, until it ends'),
  from: z.enum(['start', 'now']).optional().describe('With live: from its begin, or what is said from now on'),
  format: z.enum(['wav', 'mp3']).optional().describe('With live: by default as the recording, and mp3 for mp4'),
});

type Query = z.output<typeof query>;

/** The path of record_call_url. */
export const recordingPath = (recording: { readonly recording_id: string; readonly format: string }): string =>
  `/recordings/${recording.recording_id}.${recording.format}`;

/**
 * GET record_call_url: the file, with ranges (RFC 9110 §14). A recording in progress is waited for; 404 for one that is
 * unknown, 503 with Retry-After for one that takes longer than the wait, 421 for one on the disk of another node. With `?live` it
 * is not waited for: its sound comes as it is captured.
 */
export const addRecordingRoutes = (app: FastifyInstance, parts: RecordingRoutes): void => {
  const { registry, waitMs, live, storage, nodeId } = parts;

  const known = async (name: string): Promise<RecordingRecord> => {
    const [, id, extension] = /^([0-9a-f-]{36})\.(\w{3})$/.exec(name) ?? [];
    const unknown = new SipreelError(
      'recording_unknown',
      `there is no recording ${JSON.stringify(name.slice(0, 100))}`,
    );
    if (id === undefined) throw unknown;
    const record = await registry.get(id);
    if (!record || record.format !== extension) throw unknown;
    return record;
  };

  /** The record with its file, waited for if need be. */
  const ended = async (now: RecordingRecord, signal: AbortSignal): Promise<RecordingRecord> => {
    const id = now.recording_id;
    const record = isTerminal(now.state) ? now : await registry.whenEnded(id, { signal, timeoutMs: waitMs });
    if (!record) throw new SipreelError('recording_in_progress', `recording ${id} is not finished yet`);
    if (record.deleting) throw beingDeleted(id);
    if (record.file) return record;
    throw new SipreelError('recording_failed', `recording ${id} has no file: ${record.error?.message ?? record.state}`);
  };

  /** The sound of a recording in progress; undefined if it has ended meanwhile. */
  const sendLive = async (request: FastifyRequest, reply: FastifyReply, now: RecordingRecord) => {
    const { from = 'start', format = now.format === 'wav' ? 'wav' : 'mp3' } = request.query as Query;
    const sound = request.method === 'HEAD' ? Readable.from([]) : await live.listen(now, { from, format });
    if (sound === undefined) return undefined;
    void reply.type(contentTypes[format] ?? '').headers({ 'Cache-Control': 'no-store', 'Accept-Ranges': 'none' });
    return reply.send(sound);
  };

  const mustBeHere = ({ recording_id, node_id }: RecordingRecord, file: string): void => {
    if (existsSync(file)) return;
    if (node_id === nodeId) throw new SipreelError('recording_failed', `the file of recording ${recording_id} is gone`);
    throw new SipreelError(
      'recording_elsewhere',
      `the file of recording ${recording_id} is on the disk of node ${node_id}`,
    );
  };

  /** From a store that is no disk; the same answers as for one that is. */
  const sendStored = async (request: FastifyRequest, reply: FastifyReply, file: string, size: number) => {
    const range = wantedRange(request.headers.range, size);
    void reply.header('Accept-Ranges', 'bytes');
    if (range === 'unsatisfiable') {
      void reply.header('Content-Range', `bytes */${size}`);
      throw new SipreelError('range_unsatisfiable', 'the range begins beyond the end of the file');
    }
    void reply.header('Content-Length', range === undefined ? size : range.end - range.start + 1);
    if (range !== undefined) {
      void reply.code(206).header('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
    }
    // A HEAD has the headers of the GET, and fetches nothing.
    return reply.send(request.method === 'HEAD' ? Readable.from([]) : await storage.read(file, range));
  };

  const signedPath = (request: FastifyRequest): string =>
    `/recordings/${(request.params as { readonly name: string }).name}`;
  const config = { access: 'audio', audit: 'recording.hear', signedPath } as const;
  const schema = {
    tags: ['recordings'],
    summary: 'The file; a recording in progress is waited for, or heard as it goes on',
    querystring: query,
    params: z.object({ name: z.string().describe('`{recording_id}.{format}`') }),
    response: {
      200: {
        description: 'The file, or the part of it that Range asks for',
        content: { 'audio/*': { schema: z.any() } },
      },
      ...problems,
    },
  };
  app.get(
    '/recordings/:name',
    { config, schema },
    async (request: FastifyRequest<{ Params: { name: string }; Querystring: Query }>, reply: FastifyReply) => {
      const gone = new AbortController();
      request.raw.once('close', () => gone.abort());
      const now = await known(request.params.name);
      if (request.query.live !== undefined && !isTerminal(now.state)) {
        const sent = await sendLive(request, reply, now);
        if (sent !== undefined) return sent;
      }
      const record = await ended(now, gone.signal);
      const file = record.file ?? '';
      void reply.type(contentTypes[record.format] ?? 'application/octet-stream');
      if (!isAbsolute(file)) return sendStored(request, reply, file, record.size ?? 0);
      mustBeHere(record, file);
      return reply.sendFile(basename(file), dirname(file), { maxAge: 0, dotfiles: 'deny' });
    },
  );
};
