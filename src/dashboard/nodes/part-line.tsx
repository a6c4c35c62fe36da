/** One part that a node needs: well, or why not. */
export const PartLine = (props: { readonly name: string; readonly ok: boolean; readonly note?: string }) => (
  <li class={props.ok ? 'ok' : 'away'}>
    <span class="lamp" aria-hidden="true" />
    <span class="name">{props.name}</span>
    <span class="note">
      {props.ok ? <span class="unseen">well </span> : <strong>away </strong>}
      {props.note}
    </span>
  </li>
);
