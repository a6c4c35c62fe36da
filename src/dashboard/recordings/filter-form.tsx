import { stateText } from '../parts/text.ts';
import { type Filter, noFilter } from './filter.ts';

const states = ['recording', 'paused', 'finishing', 'finished', 'no_input', 'error'];
const kinds: readonly (readonly [Filter['by'], string])[] = [
  ['from', 'From'],
  ['to', 'To'],
  ['trunk', 'Trunk'],
  ['call', 'Call ID'],
];

/** What to look for; it counts at once. */
export const FilterForm = (props: { readonly filter: Filter; readonly onChange: (filter: Filter) => void }) => {
  const { filter, onChange } = props;
  const set = (change: Partial<Filter>): void => onChange({ ...filter, ...change });
  return (
    <form class="filter" aria-label="Search recordings" onSubmit={(event) => event.preventDefault()}>
      <label>
        <span>Look in</span>
        <select value={filter.by} onChange={(event) => set({ by: event.currentTarget.value as Filter['by'] })}>
          {kinds.map(([value, title]) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label class="wide">
        <span>Search</span>
        <input
          type="search"
          placeholder={filter.by === 'call' ? 'call_id' : filter.by === 'trunk' ? 'name of the trunk' : 'whole number'}
          value={filter.text}
          onInput={(event) => set({ text: event.currentTarget.value })}
        />
      </label>
      <label>
        <span>State</span>
        <select value={filter.state} onChange={(event) => set({ state: event.currentTarget.value })}>
          <option value="">all</option>
          {states.map((state) => (
            <option key={state} value={state}>
              {stateText(state)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Since</span>
        <input type="date" value={filter.since} onInput={(event) => set({ since: event.currentTarget.value })} />
      </label>
      <label>
        <span>Until</span>
        <input type="date" value={filter.until} onInput={(event) => set({ until: event.currentTarget.value })} />
      </label>
      {JSON.stringify(filter) !== JSON.stringify(noFilter) && (
        <button type="button" class="plain" onClick={() => onChange(noFilter)}>
          Clear
        </button>
      )}
    </form>
  );
};
