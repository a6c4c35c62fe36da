/** Values over time as bars. Who cannot see them has the table. */
export const Bars = (props: {
  readonly title: string;
  readonly values: readonly number[];
  readonly text: (value: number) => string;
  /** When each is, for whoever points at it. */
  readonly names: readonly string[];
  readonly tone: string;
}) => {
  const { title, values, text, names, tone } = props;
  const most = Math.max(...values, 0);
  const wide = 100 / Math.max(1, values.length);
  return (
    <figure class={`bars ${tone}`}>
      <figcaption>
        {title} <span class="hint">up to {text(most)}</span>
      </figcaption>
      <svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label={`${title}: up to ${text(most)}`}>
        {values.map((value, i) => {
          const high = most === 0 ? 0 : Math.max(value > 0 ? 0.6 : 0, (40 * value) / most);
          return (
            <rect key={names[i]} x={i * wide + wide * 0.1} y={40 - high} width={wide * 0.8} height={high}>
              <title>{`${names[i]}: ${text(value)}`}</title>
            </rect>
          );
        })}
      </svg>
      <div class="axis" aria-hidden="true">
        <span>{names[0]}</span>
        <span>{names.at(-1)}</span>
      </div>
    </figure>
  );
};
