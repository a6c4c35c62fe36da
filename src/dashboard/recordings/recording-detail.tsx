import { useMay } from '../api/context.ts';
import type { Recording } from '../api/types.ts';
import { useFetched } from '../api/use-fetched.ts';
import { Badge } from '../parts/badge.tsx';
import { Parties } from '../parts/parties.tsx';
import { momentText } from '../parts/text.ts';
import { Trouble } from '../parts/trouble.tsx';
import { Player } from '../player/player.tsx';
import { Facts } from './facts.tsx';
import { FileLinks } from './file-links.tsx';
import { History } from './history.tsx';

/** One recording: its sound, what is known of it and what happened to it. */
export const RecordingDetail = ({ recordingId }: { readonly recordingId: string }) => {
  const mayHear = useMay('audio');
  const { answer: recording, error } = useFetched<Recording>(`/api/recordings/${encodeURIComponent(recordingId)}`, {
    changes: (_event, id) => id === recordingId,
  });
  const hasFile = recording?.state === 'finished' || (recording?.state === 'error' && (recording.size ?? 0) > 0);
  return (
    <article class="detail" aria-labelledby="detail">
      <p class="back">
        <a href="#/recordings">All recordings</a>
      </p>
      <Trouble error={error} />
      {recording && (
        <>
          <div class="head">
            <h2 id="detail">
              <Parties from={recording.from} to={recording.to} />
            </h2>
            <Badge state={recording.state} />
          </div>
          {recording.error && (
            <p class="trouble">
              <strong>{recording.error.message}</strong>{' '}
              {recording.mended_at === undefined
                ? recording.error.remedy
                : `Its file was made after all, ${momentText(recording.mended_at)}.`}
            </p>
          )}
          {recording.waiting_for_node && (
            <p class="trouble">
              It waits for node <strong>{recording.waiting_for_node}</strong>, which has its sound and is not there.
            </p>
          )}
          {hasFile && mayHear && <Player recording={recording} />}
          {hasFile && !mayHear && <p class="hint">Your key may not hear recordings: it lacks the scope audio.</p>}
          {hasFile && mayHear && <FileLinks recording={recording} />}
          <Facts recording={recording} />
          <History recordingId={recordingId} />
        </>
      )}
    </article>
  );
};
