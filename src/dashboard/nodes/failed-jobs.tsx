import { useDesk, useMay } from '../api/context.ts';
import type { FailedJobList } from '../api/types.ts';
import { useAction } from '../api/use-action.ts';
import { useFetched } from '../api/use-fetched.ts';
import { momentText } from '../parts/text.ts';
import { Trouble } from '../parts/trouble.tsx';

/** Files that a node could not make. */
export const FailedJobs = ({ nodeId }: { readonly nodeId: string }) => {
  const { client } = useDesk();
  const mayRetry = useMay('control');
  const { answer, error, again } = useFetched<FailedJobList>(`/api/nodes/${encodeURIComponent(nodeId)}/failed`);
  const action = useAction();
  const retry = (id: string) => () =>
    action.run(async () => {
      await client.post(`/api/recordings/${id}/encode`);
      again();
    });
  return (
    <>
      <Trouble error={error ?? action.error} />
      <ul class="lines" aria-label="Files that could not be made">
        {answer?.jobs.map(({ recording_id, reason, attempts, failed_at }) => (
          <li key={recording_id}>
            <a href={`#/recordings/${recording_id}`}>{recording_id.slice(0, 8)}</a> failed {momentText(failed_at)} after{' '}
            {attempts} tries: {reason}{' '}
            {mayRetry && (
              <button type="button" class="plain" disabled={action.busy} onClick={retry(recording_id)}>
                Try again<span class="unseen"> {recording_id}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
};
