import { DelayedError, type Job, type Queue } from 'bullmq';
import type { Logger } from '../../log.ts';
import type { StatusEvent } from '../recording/events.ts';
import { isRecordingEvent, jobIdOf, type StatusJob } from './job.ts';
import { type EarlierEvent, eventsAfter, eventsBefore, turnOf } from './order.ts';

/** What createSuccession needs. */
export interface SuccessionOptions {
  readonly queue: Queue<StatusJob>;
  readonly log: Logger;
  /** Milliseconds that an event waits for earlier ones without an attempt of its own. */
  readonly patienceMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Keeps the events of one recording, or of one thing that a call does, in order (see order.ts for the rule). */
export interface Succession {
  /** Returns if it is the job's turn; else puts it back and throws DelayedError, which BullMQ wants to see. */
  awaitTurn(job: Job<StatusJob, void>, token: string | undefined): Promise<void>;
  /** After an attempt: lets the events look again that wait for it. Never rejects. */
  attempted(job: Job<StatusJob, void>): Promise<void>;
}

const nameOf = ({ event_number, params: { recording_id, state } }: StatusEvent) => ({
  recording_id,
  state,
  number: event_number,
});

const idsBefore = ({ event, after = [], copy }: StatusJob): readonly string[] =>
  isRecordingEvent(event) ? eventsBefore(nameOf(event)).map((id) => jobIdOf(id, copy)) : after;

/** Those that may wait for this one and are woken; others look by themselves. */
const idsAfter = ({ event, copy }: StatusJob): readonly string[] =>
  isRecordingEvent(event) ? eventsAfter(nameOf(event)).map((id) => jobIdOf(id, copy)) : [];

/** What the job has asked of earlier events since its own last attempt. */
const askedBy = ({ data, attemptsMade }: Job<StatusJob, void>) =>
  data.asked?.attempt === attemptsMade ? data.asked.of : undefined;

/** The succession of events over the jobs in their queue. */
export const createSuccession = ({ queue, log, patienceMs, now }: SuccessionOptions): Succession => {
  const earlierOf = ({ data }: Job<StatusJob, void>): Promise<EarlierEvent[]> => {
    const looks = idsBefore(data).map(async (event_id): Promise<EarlierEvent> => {
      const job = await queue.getJob(event_id);
      const attempts = job?.attemptsMade ?? 0;
      switch (await job?.getState()) {
        case 'active':
        case 'waiting':
        case 'prioritized':
          return { event_id, state: 'trying', attempts };
        case 'delayed':
          return { event_id, state: 'waiting', attempts };
        default:
          return { event_id, state: 'settled', attempts };
      }
    });
    return Promise.all(looks);
  };

  /** Makes a delayed job due now. */
  const advance = async (id: string) => {
    try {
      await (await queue.getJob(id))?.promote();
    } catch (err) {
      // It is due already, or done: whoever waits for it looks again soon.
      log.debug({ event_id: id, err }, 'status event not advanced');
    }
  };

  return {
    async awaitTurn(job, token) {
      const asked = askedBy(job) ?? {};
      const turn = turnOf(await earlierOf(job), asked, { waitedMs: now() - job.timestamp, patienceMs });
      if (turn.do === 'send') return;
      if (turn.asked !== asked) {
        await job.updateData({ ...job.data, asked: { attempt: job.attemptsMade, of: turn.asked } });
      }
      await Promise.all(turn.advance.map(advance));
      await job.moveToDelayed(Date.now() + turn.ms, token);
      throw new DelayedError();
    },

    async attempted(job) {
      const settled = job.finishedOn !== undefined;
      try {
        for (const id of idsAfter(job.data)) {
          const follower = await queue.getJob(id);
          if (follower === undefined) continue;
          // Of a failed attempt only that event needs to know which has asked for it.
          if (settled || askedBy(follower) !== undefined) await advance(id);
        }
      } catch (err) {
        // Followers also look by themselves.
        log.debug({ event_id: job.id, err }, 'following status events not woken');
      }
    },
  };
};
