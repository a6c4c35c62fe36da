import { useDesk, useMay } from '../api/context.ts';
import type { Delivery } from '../api/types.ts';
import { useAction } from '../api/use-action.ts';
import { Badge } from '../parts/badge.tsx';
import { momentText, stateText } from '../parts/text.ts';
import { Trouble } from '../parts/trouble.tsx';

/** Status events on their way, each with another try. */
export const DeliveryTable = (props: { readonly deliveries: readonly Delivery[]; readonly onRetried: () => void }) => {
  const { deliveries, onRetried } = props;
  const { client } = useDesk();
  const mayRetry = useMay('control');
  const action = useAction();
  const retry =
    ({ recording_id, n }: Delivery) =>
    () =>
      action.run(async () => {
        await client.post(`/api/recordings/${recording_id}/deliveries/${n}/retry`);
        onRetried();
      });
  return (
    <>
      <Trouble error={action.error} />
      <div class="scrolls">
        <table>
          <thead>
            <tr>
              <th scope="col">Tells</th>
              <th scope="col">State</th>
              <th scope="col">To</th>
              <th scope="col">Tries</th>
              <th scope="col">When</th>
              <th scope="col">
                <span class="unseen">Again</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {deliveries.map((delivery) => (
              <tr key={delivery.event_id}>
                <td>{stateText(delivery.tells ?? '')}</td>
                <td>
                  <Badge state={delivery.state} />
                </td>
                <td>
                  {delivery.to} {delivery.error && <span class="why">{delivery.error}</span>}
                </td>
                <td>{delivery.attempts ?? ''}</td>
                <td>{momentText(delivery.delivered_at ?? delivery.next_attempt_at ?? delivery.queued_at ?? 0)}</td>
                <td>
                  {mayRetry && delivery.n > 0 && (
                    <button type="button" class="plain" disabled={action.busy} onClick={retry(delivery)}>
                      Retry<span class="unseen"> {delivery.event_id}</span>
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
};
