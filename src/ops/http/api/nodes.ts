import { z } from 'zod';
import { SipreelError } from '../../../errors/error.ts';
import { unknownRecording } from '../../../recorder/registry/record-steps.ts';
import type { Registry } from '../../../recorder/registry/registry.ts';
import type { Nodes } from '../../nodes/node-status.ts';
import type { ApiApp } from './api-app.ts';
import { problems, recordingParams } from './schemas.ts';

export interface NodeResourceParts {
  readonly nodes: Nodes;
  readonly registry: Pick<Registry, 'get'>;
}

const part = z.object({ address: z.string(), ok: z.boolean(), calls: z.number() });

const status = z
  .object({
    version: z.string(),
    accepting: z.boolean().describe('False once it drains'),
    calls: z.number(),
    recordings: z.number().describe('Being captured'),
    redis: z.boolean(),
    drachtio: z.array(part),
    rtpengine: z.array(part),
    trunks: z.array(
      z.object({ name: z.string(), up: z.boolean(), inbound_calls: z.number(), outbound_calls: z.number() }),
    ),
    stores: z.array(
      z.object({
        store: z.string().describe('A folder, or s3://bucket'),
        ok: z.boolean(),
        free_bytes: z.number().optional(),
        error: z.string().optional(),
      }),
    ),
    spool_free_bytes: z.number().describe('Where captured sound goes'),
    queue: z
      .object({ waiting: z.number(), delayed: z.number(), active: z.number(), failed: z.number() })
      .optional()
      .describe('Recordings that wait for their files'),
  })
  .meta({ id: 'NodeStatus' });

const nodeSchema = z
  .object({
    node_id: z.string(),
    last_seen: z.number().describe('Unix seconds with fractions'),
    alive: z.boolean().describe('False if its heartbeat has run out'),
    status: status.optional().describe('Missing if it does not answer'),
  })
  .meta({ id: 'Node' });

const failedJob = z
  .object({
    recording_id: z.string(),
    reason: z.string(),
    attempts: z.number(),
    failed_at: z.number().describe('Unix seconds with fractions'),
  })
  .meta({ id: 'FailedJob' });

/** The nodes, how they are, and the files that they could not make. */
export const addNodeResource = (app: ApiApp, { nodes, registry }: NodeResourceParts): void => {
  const tags = ['nodes'];
  app.get(
    '/api/nodes',
    {
      config: { access: 'read' },
      schema: {
        tags,
        summary: 'The nodes that were heard of within a day, how they and their parts are, and what waits for its file',
        response: { 200: z.object({ nodes: z.array(nodeSchema) }).meta({ id: 'NodeList' }), ...problems },
      },
    },
    // After JSON it is as other nodes would answer.
    async () => ({ nodes: structuredClone(await nodes.list()) as z.output<typeof nodeSchema>[] }),
  );
  app.get(
    '/api/nodes/:node_id/failed',
    {
      config: { access: 'read' },
      schema: {
        tags,
        summary: 'Recordings whose file a node could not make, the last first; their sound is in its spool',
        params: z.object({ node_id: z.string() }),
        response: { 200: z.object({ jobs: z.array(failedJob) }).meta({ id: 'FailedJobList' }), ...problems },
      },
    },
    async (request) => ({ jobs: [...(await nodes.failedJobs(request.params.node_id))] }),
  );
  app.post(
    '/api/recordings/:recording_id/encode',
    {
      config: { access: 'control', audit: 'recording.encode' },
      schema: {
        tags: ['recordings'],
        summary: 'Make the file of a recording once more, after its node could not',
        params: recordingParams,
        response: { 202: z.object({ recording_id: z.string() }).meta({ id: 'Queued' }), ...problems },
      },
    },
    async (request, reply) => {
      const { recording_id } = request.params;
      const record = await registry.get(recording_id);
      if (record === undefined) {
        throw unknownRecording(recording_id);
      }
      if (record.state === 'recording' || record.state === 'paused') {
        throw new SipreelError('recording_active', `recording ${recording_id} is ${record.state}`);
      }
      await nodes.encode(record);
      return reply.code(202).send({ recording_id });
    },
  );
};
