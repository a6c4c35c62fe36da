import type { DeliveryPage } from '../api/types.ts';
import { useFetched } from '../api/use-fetched.ts';
import { Trouble } from '../parts/trouble.tsx';
import { DeliveryTable } from '../recordings/delivery-table.tsx';

/** Status events that were given up. */
export const DeadLetters = () => {
  const { answer, error, again } = useFetched<DeliveryPage>('/api/deliveries/failed?limit=100', { everyMs: 15_000 });
  return (
    <section class="card" aria-labelledby="dead">
      <h2 id="dead">Status events that nobody took</h2>
      <Trouble error={error} />
      {answer && answer.deliveries.length === 0 && <p class="hint">None: every status_url was told.</p>}
      {answer && answer.deliveries.length > 0 && <DeliveryTable deliveries={answer.deliveries} onRetried={again} />}
    </section>
  );
};
