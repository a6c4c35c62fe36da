import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Recording } from '../api/types.ts';
import { RecordingLine } from './recording-line.tsx';
import { visibleRows } from './visible-rows.ts';

/** As style/views.css has it. */
const rowPx = 64;
/** The next page is fetched when so many rows are left. */
const ahead = 60;

/** A list of any length of which only what is seen is made; arrow keys, Page Up and Down, Home and End go through it. */
export const RecordingList = (props: {
  readonly recordings: readonly Recording[];
  readonly whole: boolean;
  readonly chosen?: string | undefined;
  readonly onMore: () => void;
}) => {
  const { recordings, whole, chosen, onMore } = props;
  const box = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ scrolled: 0, height: 600 });
  const wanted = useRef<number | undefined>(undefined);
  const { first, end } = visibleRows(recordings.length, rowPx, place.scrolled, place.height);

  const look = (): void => {
    const at = box.current;
    if (at) setPlace({ scrolled: at.scrollTop, height: at.clientHeight });
  };
  useEffect(() => {
    const watch = new ResizeObserver(look);
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (!whole && end + ahead > recordings.length) onMore();
  }, [whole, end, recordings.length, onMore]);
  useLayoutEffect(() => {
    const link = box.current?.querySelector<HTMLAnchorElement>(`[data-row="${wanted.current}"]`);
    if (!link) return;
    wanted.current = undefined;
    link.focus({ preventScroll: true });
  });

  const goTo = (row: number): void => {
    const at = box.current;
    if (!at) return;
    const target = Math.max(0, Math.min(row, recordings.length - 1));
    wanted.current = target;
    if (target * rowPx < at.scrollTop) at.scrollTop = target * rowPx;
    const below = (target + 1) * rowPx - at.clientHeight;
    if (below > at.scrollTop) at.scrollTop = below;
    look();
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const at = Number((event.target as HTMLElement).dataset.row ?? 0);
    const page = Math.max(1, Math.floor(place.height / rowPx) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: recordings.length - 1,
    };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    goTo(next);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys of the links in it come here.
    <div class="list" ref={box} onScroll={look} onKeyDown={onKeyDown}>
      <ul style={{ height: `${recordings.length * rowPx}px` }} aria-label="Recordings">
        {recordings.slice(first, end).map((recording, i) => (
          <RecordingLine
            key={recording.recording_id}
            recording={recording}
            row={first + i}
            top={(first + i) * rowPx}
            count={whole ? recordings.length : -1}
            chosen={recording.recording_id === chosen}
          />
        ))}
      </ul>
    </div>
  );
};
