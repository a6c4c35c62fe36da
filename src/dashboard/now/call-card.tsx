import { useDesk, useMay } from '../api/context.ts';
import type { Call, Recording } from '../api/types.ts';
import { useAction } from '../api/use-action.ts';
import { Badge } from '../parts/badge.tsx';
import { Parties } from '../parts/parties.tsx';
import { lengthText, partyText } from '../parts/text.ts';
import { Trouble } from '../parts/trouble.tsx';
import { RecordingRow } from './recording-row.tsx';

/** A call that is up. */
export const CallCard = (props: {
  readonly call: Call;
  readonly recordings: readonly Recording[];
  /** Unix seconds. */
  readonly now: number;
}) => {
  const { call, recordings, now } = props;
  const { client } = useDesk();
  const mayRecord = useMay('control') && call.state === 'answered';
  const action = useAction();
  const name = `${partyText(call.from)} to ${partyText(call.to)}`;
  return (
    <li class="card call" data-call={call.call_id}>
      <div class="head">
        <h2>
          <Parties from={call.from} to={call.to} />
        </h2>
        <Badge state={call.state} />
        <span class="length">{lengthText(now - (call.answer_time ?? call.start_time))}</span>
      </div>
      <p class="facts">
        {call.trunk && <span>trunk {call.trunk}</span>}
        <span>node {call.node_id}</span>
        {mayRecord && (
          <button
            type="button"
            class="plain"
            disabled={action.busy}
            aria-label={`Record the call ${name}`}
            onClick={() =>
              action.run(() =>
                client.post(`/api/calls/${encodeURIComponent(call.call_id)}/recordings`, { stereo: true }),
              )
            }
          >
            Record
          </button>
        )}
      </p>
      <Trouble error={action.error} />
      {recordings.length > 0 && (
        <ul class="rows" aria-label={`Recordings of the call ${name}`}>
          {recordings.map((recording) => (
            <RecordingRow key={recording.recording_id} recording={recording} now={now} />
          ))}
        </ul>
      )}
    </li>
  );
};
