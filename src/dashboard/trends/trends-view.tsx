import { useState } from 'preact/hooks';
import type { Statistics } from '../api/types.ts';
import { useFetched } from '../api/use-fetched.ts';
import { useSeconds } from '../parts/clock.ts';
import { bytesText, lengthText, lostShare, momentText, shareText } from '../parts/text.ts';
import { Trouble } from '../parts/trouble.tsx';
import { Bars } from './bars.tsx';
import { keptOverTime } from './kept-over-time.ts';
import { spanPath, spans } from './spans.ts';
import { TrendTable } from './trend-table.tsx';

/** How much was recorded and kept, and how it came. */
export const TrendsView = () => {
  const [span, setSpan] = useState(spans[0]);
  const { answer, error } = useFetched<Statistics>(spanPath(span, useSeconds()));
  const [last, setLast] = useState<Statistics>();
  if (answer && answer !== last) setLast(answer);
  const shown = answer ?? last;
  const periods = shown?.periods ?? [];
  const names = periods.map(({ time }) => momentText(time));
  const sum = (of: 'recordings' | 'seconds' | 'packets' | 'lost'): number =>
    periods.reduce((total, period) => total + period[of], 0);

  return (
    <>
      <div class="head">
        <h1>Trends</h1>
        <fieldset class="choice">
          <legend class="unseen">Time</legend>
          {spans.map((each) => (
            <label key={each.title}>
              <input type="radio" name="span" checked={each === span} onChange={() => setSpan(each)} />
              <span>{each.title}</span>
            </label>
          ))}
        </fieldset>
      </div>
      <Trouble error={error} />
      {shown && (
        <>
          <dl class="numbers">
            <div>
              <dt>recordings</dt>
              <dd>{sum('recordings')}</dd>
            </div>
            <div>
              <dt>of sound</dt>
              <dd>{lengthText(sum('seconds'))}</dd>
            </div>
            <div>
              <dt>lost packets</dt>
              <dd>{shareText(lostShare({ packets: sum('packets'), lost: sum('lost') }))}</dd>
            </div>
            <div>
              <dt>in storage</dt>
              <dd>{bytesText(shown.kept.bytes)}</dd>
            </div>
          </dl>
          <div class="charts">
            <Bars title="In storage" tone="listen" values={keptOverTime(shown)} text={bytesText} names={names} />
            <Bars title="Lost packets" tone="bad" values={periods.map(lostShare)} text={shareText} names={names} />
            <Bars
              title="Recorded"
              tone="speak"
              values={periods.map(({ seconds }) => seconds)}
              text={lengthText}
              names={names}
            />
          </div>
          <TrendTable periods={periods} />
        </>
      )}
    </>
  );
};
