import { z } from 'zod';
import type { Deliveries } from '../../../recorder/notify/deliveries.ts';
import type { ApiApp } from './api-app.ts';
import { deliverySchema, limit, problems } from './schemas.ts';

const page = z
  .object({
    deliveries: z.array(deliverySchema),
    next: z.number().optional().describe('`from` of the next page; missing on the last one'),
  })
  .meta({ id: 'DeliveryPage' });

/** Status events that nobody took, and another try for each. */
export const addDeliveryResource = (app: ApiApp, deliveries: Pick<Deliveries, 'failed' | 'retry'>): void => {
  const tags = ['deliveries'];

  app.get(
    '/api/deliveries/failed',
    {
      config: { access: 'read' },
      schema: {
        tags,
        summary: 'Dead letters: status events that were given up after a day, the last first',
        querystring: z.strictObject({
          limit: limit(),
          from: z.coerce.number().int().min(0).max(100_000).default(0).describe('`next` of the page before'),
        }),
        response: { 200: page, ...problems },
      },
    },
    async (request) => {
      const { deliveries: found, next } = await deliveries.failed(request.query);
      return { deliveries: [...found], ...(next === undefined ? {} : { next }) };
    },
  );

  app.post(
    '/api/recordings/:recording_id/deliveries/:n/retry',
    {
      config: { access: 'control', audit: 'delivery.retry' },
      schema: {
        tags,
        summary: 'Deliver a status event again, now, and for another day if need be',
        params: z.object({
          recording_id: z.string(),
          n: z.coerce
            .number({ error: 'it must be the n of a delivery' })
            .int('it must be the n of a delivery')
            .min(1, 'it must be the n of a delivery'),
        }),
        response: { 200: deliverySchema, ...problems },
      },
    },
    async (request) => deliveries.retry(request.params.recording_id, request.params.n),
  );
};
