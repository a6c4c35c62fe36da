/** A time to look back on. */
export interface Span {
  readonly title: string;
  readonly seconds: number;
  readonly by: 'hour' | 'day';
}

const day = 86_400;

export const spans: readonly [Span, ...Span[]] = [
  { title: 'Day', seconds: day, by: 'hour' },
  { title: 'Week', seconds: 7 * day, by: 'hour' },
  { title: 'Month', seconds: 30 * day, by: 'day' },
];

/** `now` in Unix seconds; the same for a minute, so that it is not asked for anew with each look. */
export const spanPath = ({ seconds, by }: Span, now: number): string => {
  const until = Math.ceil(now / 60) * 60;
  return `/api/statistics?since=${until - seconds}&until=${until}&by=${by}`;
};
