import { useEffect, useRef } from 'preact/hooks';
import { useDesk } from '../api/context.ts';

/** Below this nothing is seen, dB of full scale; speech is at -20 or so. */
const quietest = -60;

const shareOf = (db: number): number => Math.max(0, Math.min(1, (db - quietest) / -quietest));

/** How loud one direction of a recording is. It moves without anything being rendered. */
export const Meter = (props: {
  readonly recordingId: string;
  readonly track: 'speak' | 'listen';
  /** What is seen, and what is read out. */
  readonly title: string;
  readonly label: string;
}) => {
  const { recordingId, track, title, label } = props;
  const { live } = useDesk();
  const meter = useRef<HTMLDivElement>(null);
  useEffect(
    () =>
      live.onLevels(recordingId, (levels) => {
        const db = levels[track] ?? -100;
        meter.current?.style.setProperty('--level', String(shareOf(db)));
        meter.current?.setAttribute('aria-valuenow', String(Math.max(quietest, db)));
      }),
    [live, recordingId, track],
  );
  return (
    <div class="labelled">
      <span aria-hidden="true">{title}</span>
      {/* biome-ignore lint/a11y/useSemanticElements: browsers draw their own meter as they like, and slowly. */}
      <div
        class={`meter ${track}`}
        ref={meter}
        role="meter"
        aria-label={label}
        aria-valuemin={quietest}
        aria-valuemax={0}
        aria-valuenow={quietest}
      />
    </div>
  );
};
