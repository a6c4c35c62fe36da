import { lengthText } from '../parts/text.ts';
import { type Mark, markText } from './mark-text.ts';

/** More would be no help. */
const most = 60;

/** The marks as a list that one can go by. */
export const MarkList = (props: { readonly marks: readonly Mark[]; readonly onGo: (seconds: number) => void }) => {
  const { marks, onGo } = props;
  if (marks.length === 0) return null;
  return (
    <ul class="mark-list" aria-label="Marks">
      {marks.slice(0, most).map((mark) => (
        <li key={`${mark.kind} ${mark.track} ${mark.at}`}>
          <button type="button" class={`plain ${mark.kind}`} onClick={() => onGo(mark.at)}>
            <span class="at">{lengthText(mark.at)}</span> {markText(mark)}
          </button>
        </li>
      ))}
      {marks.length > most && <li class="hint">and {marks.length - most} more</li>}
    </ul>
  );
};
