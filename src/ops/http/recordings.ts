import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute } from 'node:path';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { SipreelError } from '../../errors/error.ts';
import { isTerminal, type RecordingRecord } from '../../recorder/recording/record.ts';
import type { Registry } from '../../recorder/registry/registry.ts';
import type { Storage } from '../../recorder/storage/storage.ts';
import { problems } from './api/schemas.ts';
import { wantedRange } from './byte-range.ts';

const contentTypes: Readonly<Record<string, string>> = { wav: 'audio/wav', mp3: 'audio/mpeg', mp4: 'audio/mp4' };

export interface RecordingRoutes {
  readonly registry: Pick<Registry, 'get' | 'whenEnded'>;
  /** How long a request waits for a recording that is in progress, ms. */
  readonly waitMs: number;
  /** Where files are that are not on this machine's disk. */
  readonly storage: Pick<Storage, 'read'>;
  readonly nodeId: string;
}

/** The path of record_call_url. */
export const recordingPath = (recording: { readonly recording_id: string; readonly format: string }): string =>
  `/recordings/${recording.recording_id}.${recording.format}`;

/**
 * GET record_call_url: the file, with ranges (RFC 9110 §14). A recording in progress is waited for; 404 for one that is
 * unknown, 503 with Retry-After for one that takes longer than the wait, 421 for one on the disk of another node.
 */
export const addRecordingRoutes = (app: FastifyInstance, parts: RecordingRoutes): void => {
  const { registry, waitMs, storage, nodeId } = parts;

  const find = async (name: string, signal: AbortSignal): Promise<RecordingRecord> => {
    const [, id, extension] = /^([0-9a-f-]{36})\.(\w{3})$/.exec(name) ?? [];
    const unknown = new SipreelError(
      'recording_unknown',
      `there is no recording ${JSON.stringify(name.slice(0, 100))}`,
    );
    if (id === undefined) throw unknown;
    let record = await registry.get(id);
    if (!record || record.format !== extension) throw unknown;
    if (!isTerminal(record.state)) record = await registry.whenEnded(id, { signal, timeoutMs: waitMs });
    if (!record) throw new SipreelError('recording_in_progress', `recording ${id} is not finished yet`);
    if (record.file) return record;
    throw new SipreelError('recording_failed', `recording ${id} has no file: ${record.error?.message ?? record.state}`);
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
    summary: 'The file; a recording in progress is waited for',
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
    async (request: FastifyRequest<{ Params: { name: string } }>, reply: FastifyReply) => {
      const gone = new AbortController();
      request.raw.once('close', () => gone.abort());
      const record = await find(request.params.name, gone.signal);
      const file = record.file ?? '';
      void reply.type(contentTypes[record.format] ?? 'application/octet-stream');
      if (!isAbsolute(file)) return sendStored(request, reply, file, record.size ?? 0);
      mustBeHere(record, file);
      return reply.sendFile(basename(file), dirname(file), { maxAge: 0, dotfiles: 'deny' });
    },
  );
};
