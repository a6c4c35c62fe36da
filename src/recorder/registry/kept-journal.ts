import type { JournalEntry } from '../spool/journal.ts';

type Opened = Extract<JournalEntry, { event: 'opened' }>;

/** A line of a journal for people who ask why: the record, which they have already, is left out. */
export type KeptJournalEntry = Exclude<JournalEntry, Opened> | Omit<Opened, 'record'>;

/** A journal with more lines, of a call with a great many digits, is kept without those in the middle. */
const maxLines = 200;

/** What is kept of a journal. */
export const keptJournal = (entries: readonly JournalEntry[]): readonly KeptJournalEntry[] => {
  const lines = entries.map((entry): KeptJournalEntry => {
    if (entry.event !== 'opened') return entry;
    const { record: _, ...rest } = entry;
    return rest;
  });
  return lines.length <= maxLines ? lines : [...lines.slice(0, maxLines / 2), ...lines.slice(-maxLines / 2)];
};
