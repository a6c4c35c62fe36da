import { z } from 'zod';
import { scopes } from '../../access/scopes.ts';
import { callerOf } from '../security.ts';
import type { ApiApp } from './api-app.ts';
import { problems } from './schemas.ts';

const answer = z
  .object({
    by: z.enum(['key', 'loopback']).describe('loopback: there is no key, and the server answers its own machine alone'),
    name: z.string().optional().describe('Of the key'),
    scopes: z.array(z.enum(scopes)),
  })
  .meta({ id: 'Me' });

/** /api/me: who asks, and what they may do. */
export const addMe = (app: ApiApp): void => {
  app.get(
    '/api/me',
    {
      config: { access: 'read' },
      schema: { tags: ['server'], summary: 'Who asks, and what they may do', response: { 200: answer, ...problems } },
    },
    async (request) => {
      const caller = callerOf(request);
      return caller.by === 'key'
        ? { by: 'key' as const, name: caller.name, scopes: [...caller.scopes] }
        : { by: 'loopback' as const, scopes: [...scopes] };
    },
  );
};
