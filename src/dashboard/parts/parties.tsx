import { partyText } from './text.ts';

/** Who calls whom. */
export const Parties = ({ from, to }: { readonly from: string; readonly to: string }) => (
  <>
    <span title={from}>{partyText(from)}</span>
    <span class="arrow" aria-hidden="true">
      →
    </span>
    <span class="unseen"> to </span>
    <span title={to}>{partyText(to)}</span>
  </>
);
