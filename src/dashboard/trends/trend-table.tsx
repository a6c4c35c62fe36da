import type { Statistics } from '../api/types.ts';
import { bytesText, lengthText, lostShare, momentText, shareText } from '../parts/text.ts';

/** The same in numbers; periods without a recording are left out. */
export const TrendTable = ({ periods }: { readonly periods: Statistics['periods'] }) => (
  <details>
    <summary>In numbers</summary>
    <div class="scrolls">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Recordings</th>
            <th scope="col">Sound</th>
            <th scope="col">Stored</th>
            <th scope="col">Deleted</th>
            <th scope="col">Lost</th>
          </tr>
        </thead>
        <tbody>
          {periods
            .filter(({ recordings, freed_bytes }) => recordings > 0 || freed_bytes > 0)
            .map(({ time, recordings, seconds, bytes, freed_bytes, packets, lost }) => (
              <tr key={time}>
                <th scope="row">{momentText(time)}</th>
                <td>{recordings}</td>
                <td>{lengthText(seconds)}</td>
                <td>{bytesText(bytes)}</td>
                <td>{bytesText(freed_bytes)}</td>
                <td>{shareText(lostShare({ packets, lost }))}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  </details>
);
