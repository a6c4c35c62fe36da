import { useDesk, useMay } from '../api/context.ts';
import type { Recording } from '../api/types.ts';
import { useAction } from '../api/use-action.ts';
import { Badge } from '../parts/badge.tsx';
import { Meter } from '../parts/meter.tsx';
import { lengthText } from '../parts/text.ts';
import { Trouble } from '../parts/trouble.tsx';
import { useListening } from './live.tsx';
import { LiveSound } from './live-sound.tsx';

/** A recording in progress: how loud it is, and what can be done with it. */
export const RecordingRow = ({ recording, now }: { readonly recording: Recording; readonly now: number }) => {
  const { recording_id: id, control_id, state, direction, url } = recording;
  const { client } = useDesk();
  const [mayControl, mayHear] = [useMay('control'), useMay('audio')];
  const { to, listen } = useListening();
  const action = useAction();
  const act = (verb: 'stop' | 'pause' | 'resume') => () =>
    action.run(() => client.post(`/api/recordings/${id}/${verb}`));
  const captured = state === 'recording' || state === 'paused';
  const heard = to === id;

  return (
    <li class="row recording" data-recording={id}>
      <div class="what">
        <Badge state={state} />
        <a href={`#/recordings/${id}`} class="name">
          {control_id}
        </a>
        <span class="length">{lengthText((recording.end_time ?? now) - recording.start_time)}</span>
      </div>
      {captured && (
        <div class="meters">
          {direction !== 'listen' && (
            <Meter recordingId={id} track="speak" title="says" label="How loud the party is" />
          )}
          {direction !== 'speak' && (
            <Meter recordingId={id} track="listen" title="hears" label="How loud what the party hears is" />
          )}
        </div>
      )}
      {captured && (
        <div class="buttons">
          {mayHear && (
            <button type="button" aria-pressed={heard} onClick={() => listen(heard ? undefined : id)}>
              {heard ? 'Mute' : 'Listen'}
              <span class="unseen"> to {control_id}</span>
            </button>
          )}
          {mayControl && state === 'recording' && (
            <button type="button" disabled={action.busy} onClick={act('pause')}>
              Pause<span class="unseen"> {control_id}</span>
            </button>
          )}
          {mayControl && state === 'paused' && (
            <button type="button" disabled={action.busy} onClick={act('resume')}>
              Resume<span class="unseen"> {control_id}</span>
            </button>
          )}
          {mayControl && (
            <button type="button" class="danger" disabled={action.busy} onClick={act('stop')}>
              Stop<span class="unseen"> {control_id}</span>
            </button>
          )}
        </div>
      )}
      {heard && <LiveSound url={url} name={control_id} onEnded={() => listen(undefined)} />}
      <Trouble error={action.error} />
    </li>
  );
};
