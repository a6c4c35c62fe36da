import type { ComponentChildren } from 'preact';
import type { Recording } from '../api/types.ts';
import { bytesText, lengthText, reasonText, wholeMomentText } from '../parts/text.ts';

const Fact = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const directions = { speak: 'what the party says', listen: 'what the party hears', both: 'both directions' } as const;

/** What is known of a recording. */
export const Facts = ({ recording }: { readonly recording: Recording }) => {
  const { start_time, duration, size, format, stereo, direction, end_reason, trunk, hold } = recording;
  return (
    <dl class="known">
      <Fact name="Began">{wholeMomentText(start_time)}</Fact>
      {duration !== undefined && <Fact name="Length">{lengthText(duration)}</Fact>}
      <Fact name="File">
        {format}, {stereo ? 'stereo' : 'mono'}
        {size !== undefined && size > 0 ? `, ${bytesText(size)}` : ''}
      </Fact>
      <Fact name="Records">{directions[direction]}</Fact>
      {end_reason && <Fact name="Ended by">{reasonText(end_reason)}</Fact>}
      {hold && <Fact name="Held">{hold.reason}</Fact>}
      {trunk && <Fact name="Trunk">{trunk}</Fact>}
      <Fact name="Node">{recording.node_id}</Fact>
      <Fact name="Control ID">
        <code>{recording.control_id}</code>
      </Fact>
      <Fact name="Call ID">
        <code>{recording.call_id}</code>
      </Fact>
      <Fact name="Recording ID">
        <code>{recording.recording_id}</code>
      </Fact>
    </dl>
  );
};
