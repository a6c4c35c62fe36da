import { type StatusEvent, statusEvent } from '../recording/events.ts';
import type { RecordingRecord } from '../recording/record.ts';
import type { JournalEntry } from '../spool/journal.ts';

/** The status events of a recording before its end, as its journal tells of them: that it began, each pause and each resume. */
export const earlierEvents = (record: RecordingRecord, entries: readonly JournalEntry[]): readonly StatusEvent[] => {
  const events: StatusEvent[] = [];
  if (entries.some(({ event }) => event === 'started')) events.push(statusEvent(record, 'recording'));
  let number = 1;
  for (const entry of entries) {
    if (entry.event !== 'paused' && entry.event !== 'resumed') continue;
    number++;
    const timestamp = record.start_time + entry.t / 1000;
    events.push(
      entry.event === 'paused'
        ? statusEvent(record, 'paused', { number, timestamp, pause_behavior: entry.behavior })
        : statusEvent(record, 'recording', { number, timestamp }),
    );
  }
  return events;
};
