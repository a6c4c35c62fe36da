import { useState } from 'preact/hooks';
import { Trouble } from '../parts/trouble.tsx';
import { noFilter } from './filter.ts';
import { FilterForm } from './filter-form.tsx';
import { RecordingDetail } from './recording-detail.tsx';
import { RecordingList } from './recording-list.tsx';
import { usePages } from './use-pages.ts';

/** All recordings, found by what one knows of them, and the one that was chosen. */
export const RecordingsView = ({ chosen }: { readonly chosen?: string | undefined }) => {
  const [filter, setFilter] = useState(noFilter);
  const { recordings, whole, error, more } = usePages(filter);
  return (
    <>
      <h1>Recordings</h1>
      <div class={`split ${chosen === undefined ? '' : 'chosen'}`}>
        <div class="side">
          <FilterForm filter={filter} onChange={setFilter} />
          <Trouble error={error} />
          <p class="summary" role="status">
            {recordings.length}
            {whole ? '' : ' or more'} {recordings.length === 1 ? 'recording' : 'recordings'}
          </p>
          <RecordingList recordings={recordings} whole={whole} chosen={chosen} onMore={more} />
        </div>
        {chosen !== undefined && <RecordingDetail key={chosen} recordingId={chosen} />}
      </div>
    </>
  );
};
