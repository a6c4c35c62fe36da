import type { CallList, Recording, RecordingPage } from '../api/types.ts';
import { useFetched } from '../api/use-fetched.ts';
import { useSeconds } from '../parts/clock.ts';
import { Trouble } from '../parts/trouble.tsx';
import { byCall } from './by-call.ts';
import { CallCard } from './call-card.tsx';
import { Live } from './live.tsx';

const changes = (event: string): boolean => event.startsWith('recording.') || event.startsWith('call.');
const running = (state: string): string => `/api/recordings?limit=500&state=${state}`;

/** Calls that are up with what is recorded of them, and recordings whose files are being made. */
export const NowView = () => {
  const calls = useFetched<CallList>('/api/calls', { changes });
  const recording = useFetched<RecordingPage>(running('recording'), { changes });
  const paused = useFetched<RecordingPage>(running('paused'), { changes });
  const finishing = useFetched<RecordingPage>(running('finishing'), { changes });
  const now = useSeconds();

  const fetched = [recording, paused, finishing];
  const recordings = fetched.flatMap(({ answer }): readonly Recording[] => answer?.recordings ?? []);
  const { cards, left } = byCall(calls.answer?.calls ?? [], recordings);
  const captured = recordings.filter(({ state }) => state !== 'finishing').length;

  return (
    <Live>
      <h1>Now</h1>
      <p class="summary">
        <strong>{cards.length}</strong> {cards.length === 1 ? 'call' : 'calls'} · <strong>{captured}</strong>{' '}
        {captured === 1 ? 'recording' : 'recordings'} in progress
      </p>
      {[calls, ...fetched].map(({ error }, i) => (
        <Trouble key={i} error={error} />
      ))}
      {calls.answer && cards.length === 0 && <p class="empty">No call is up. It appears here when one comes in.</p>}
      <ul class="cards" aria-label="Calls">
        {cards.map(({ call, recordings: own }) => (
          <CallCard key={call.call_id} call={call} recordings={own} now={now} />
        ))}
      </ul>
      {left.length > 0 && (
        <section aria-labelledby="left">
          <h2 id="left">Files being made</h2>
          <ul class="lines">
            {left.map(({ recording_id, from, to, control_id, waiting_for_node }) => (
              <li key={recording_id}>
                <a href={`#/recordings/${recording_id}`}>{control_id}</a> {from} to {to}
                {waiting_for_node && <strong> waits for node {waiting_for_node}</strong>}
              </li>
            ))}
          </ul>
        </section>
      )}
    </Live>
  );
};
