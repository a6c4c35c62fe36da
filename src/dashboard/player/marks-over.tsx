import { type Mark, markText } from './mark-text.ts';

const percent = (part: number, whole: number): string => `${(100 * part) / Math.max(whole, 0.001)}%`;

/** Where in the waveform the marks are, for those who see it; the list says the same. */
export const MarksOver = ({ marks, duration }: { readonly marks: readonly Mark[]; readonly duration: number }) => (
  <div class="marks" aria-hidden="true">
    {marks.map((mark) => (
      <span
        key={`${mark.kind} ${mark.track} ${mark.at}`}
        class={`mark ${mark.kind} ${mark.track ?? ''}`}
        title={markText(mark)}
        style={{ left: percent(mark.at, duration), width: percent(mark.length, duration) }}
      />
    ))}
  </div>
);
