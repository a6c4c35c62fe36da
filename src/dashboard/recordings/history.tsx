import type { JournalEntry, RecordingEvents } from '../api/types.ts';
import { useFetched } from '../api/use-fetched.ts';
import { reasonText } from '../parts/text.ts';
import { Trouble } from '../parts/trouble.tsx';
import { DeliveryTable } from './delivery-table.tsx';

const told: Readonly<Record<string, string>> = {
  opened: 'opened',
  sdp: 'codecs are known',
  started: 'recording began',
  paused: 'paused',
  resumed: 'resumed',
  masked: 'a key was masked',
  key: 'a key was pressed',
  stopped: 'stopped',
  captured: 'all sound is on disk',
};

const sides: Readonly<Record<string, string>> = { speak: 'the party', listen: 'the other side' };

const inWords = (entry: JournalEntry & Readonly<Record<string, unknown>>): string => {
  const side = sides[String(entry.track)] ?? '';
  if (entry.event === 'hold') return `${side} ${entry.held === true ? 'holds the call' : 'is back from hold'}`;
  if (entry.event === 'stopped') return `stopped: ${reasonText(String(entry.reason))}`;
  if (entry.event === 'sdp') return `codecs of ${side} are known`;
  return told[entry.event] ?? entry.event;
};

/** What happened to a recording, and who was told of it. */
export const History = ({ recordingId }: { readonly recordingId: string }) => {
  const { answer, error, again } = useFetched<RecordingEvents>(
    `/api/recordings/${encodeURIComponent(recordingId)}/events`,
    {
      changes: (_event, id) => id === recordingId,
    },
  );
  return (
    <>
      <h3>Status events</h3>
      <Trouble error={error} />
      {answer && answer.deliveries.length === 0 && <p class="hint">Nobody asked to be told: there is no status_url.</p>}
      {answer && answer.deliveries.length > 0 && <DeliveryTable deliveries={answer.deliveries} onRetried={again} />}
      <h3>What happened</h3>
      <ol class="journal">
        {answer?.journal.map((entry, i) => (
          // Lines of a journal never change their place.
          <li key={i}>
            <span class="at">{(entry.t / 1000).toFixed(2)} s</span> {inWords({ ...entry })}
          </li>
        ))}
      </ol>
    </>
  );
};
