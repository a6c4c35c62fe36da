import { z } from 'zod';
import { SipreelError } from '../../../errors/error.ts';
import { type HourFacts, hourS, type SoundFacts } from '../../../recorder/registry/sound-facts.ts';
import { faultsText, parameterFault } from '../parameter-fault.ts';
import type { ApiApp } from './api-app.ts';
import { moment, problems } from './schemas.ts';

const dayS = 24 * hourS;
/** What is remembered, in days. */
const mostDays = 35;

const period = z.object({
  time: z.number().describe('When it began, Unix seconds; days begin at midnight UTC'),
  recordings: z.number().describe('Recordings whose file was made in it'),
  seconds: z.number().describe('Of sound'),
  bytes: z.number(),
  freed_bytes: z.number().describe('Of recordings that were deleted in it'),
  packets: z.number().describe('RTP packets that came'),
  lost: z.number().describe('RTP packets that are missing'),
});

const answer = z
  .object({
    periods: z.array(period).describe('In order; those without a recording too'),
    kept: z.object({ recordings: z.number(), bytes: z.number() }).describe('What is in storage now'),
  })
  .meta({ id: 'Statistics' });

const empty = { recordings: 0, seconds: 0, bytes: 0, freed_bytes: 0, packets: 0, lost: 0 };

/** Hours gathered into longer periods that begin at multiples of their length. */
export const gatherHours = (hours: readonly HourFacts[], lengthS: number): HourFacts[] => {
  const gathered = new Map<number, HourFacts>();
  for (const hour of hours) {
    const time = Math.floor(hour.time / lengthS) * lengthS;
    const sum = gathered.get(time) ?? { time, ...empty };
    gathered.set(time, {
      time,
      recordings: sum.recordings + hour.recordings,
      seconds: sum.seconds + hour.seconds,
      bytes: sum.bytes + hour.bytes,
      freed_bytes: sum.freed_bytes + hour.freed_bytes,
      packets: sum.packets + hour.packets,
      lost: sum.lost + hour.lost,
    });
  }
  return [...gathered.values()];
};

/** /api/statistics: how much was recorded, and how it came, by the hour or the day. */
export const addStatistics = (app: ApiApp, facts: Pick<SoundFacts, 'hours' | 'kept'>): void => {
  app.get(
    '/api/statistics',
    {
      config: { access: 'read' },
      schema: {
        tags: ['nodes'],
        summary: 'Recordings, storage and loss over time, of all nodes; the last 35 days are remembered',
        querystring: z.strictObject({
          since: moment().optional().describe('By default a day before `until`'),
          until: moment().optional().describe('By default now'),
          by: z.enum(['hour', 'day']).default('hour'),
        }),
        response: { 200: answer, ...problems },
      },
    },
    async (request) => {
      const { until = Date.now() / 1000, since = until - dayS, by } = request.query;
      if (since > until || until - since > mostDays * dayS) {
        const must = `it must be before until (${until}), and by at most ${mostDays} days`;
        const errors = [parameterFault('/querystring', { since }, ['since'], must)];
        throw new SipreelError('request_invalid', faultsText(errors), { details: { errors } });
      }
      const [hours, kept] = await Promise.all([facts.hours(since, until), facts.kept()]);
      return { periods: gatherHours(hours, by === 'day' ? dayS : hourS), kept };
    },
  );
};
