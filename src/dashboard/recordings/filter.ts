/** What recordings are looked for. */
export interface Filter {
  /** What the text is. */
  readonly by: 'from' | 'to' | 'trunk' | 'call';
  readonly text: string;
  /** Empty for all. */
  readonly state: string;
  /** Days as a date input has them, in the time zone of the one who looks; empty for no bound. */
  readonly since: string;
  readonly until: string;
}

export const noFilter: Filter = { by: 'from', text: '', state: '', since: '', until: '' };

/** The begin of a day here, or of the next one, in Unix seconds. */
const dayS = (date: string, later = 0): string => {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  return String(new Date(year, month - 1, day + later).getTime() / 1000);
};

/** The query of a page of the list. */
export const listPath = (filter: Filter, limit: number, cursor?: string): string => {
  const query = new URLSearchParams({ limit: String(limit) });
  const text = filter.text.trim();
  if (text !== '') query.set(filter.by, text);
  if (filter.state !== '') query.set('state', filter.state);
  if (filter.since !== '') query.set('since', dayS(filter.since));
  if (filter.until !== '') query.set('until', dayS(filter.until, 1));
  if (cursor !== undefined) query.set('cursor', cursor);
  return `/api/recordings?${query}`;
};
