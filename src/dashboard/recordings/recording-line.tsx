import type { Recording } from '../api/types.ts';
import { Badge } from '../parts/badge.tsx';
import { Parties } from '../parts/parties.tsx';
import { lengthText, momentText, wholeMomentText } from '../parts/text.ts';

/** One recording in the list. */
export const RecordingLine = (props: {
  readonly recording: Recording;
  readonly row: number;
  /** Pixels from the begin of the list. */
  readonly top: number;
  /** Of the list; -1 if nobody knows yet. */
  readonly count: number;
  readonly chosen: boolean;
}) => {
  const { recording, row, top, count, chosen } = props;
  const { recording_id, from, to, start_time, duration, state, format } = recording;
  return (
    <li style={{ transform: `translateY(${top}px)` }} aria-setsize={count} aria-posinset={row + 1}>
      <a href={`#/recordings/${recording_id}`} class="line" data-row={row} aria-current={chosen ? 'true' : undefined}>
        <span class="parties">
          <Parties from={from} to={to} />
        </span>
        <time dateTime={new Date(start_time * 1000).toISOString()} title={wholeMomentText(start_time)}>
          {momentText(start_time)}
        </time>
        <span class="length">
          {duration === undefined ? '' : lengthText(duration)} <span class="format">{format}</span>
        </span>
        <Badge state={state} />
      </a>
    </li>
  );
};
