/** How long ended recordings are kept, from their end. */
export interface RetentionPolicy {
  /** Milliseconds; 0 for ever. */
  readonly ageMs: number;
  /** Other ages, by the name of the trunk that the call came from; 0 for ever. */
  readonly trunks: Readonly<Record<string, number>>;
}

/** Which recordings one age is for. */
export interface RetentionRule {
  /** Undefined: those of all trunks that are not in `except`, and those of none. */
  readonly trunk?: string;
  readonly except?: readonly string[];
  readonly ageMs: number;
}

/** The ages that end some time; a trunk of its own age is in no other rule. */
export const rulesOf = ({ ageMs, trunks }: RetentionPolicy): readonly RetentionRule[] =>
  [
    ...Object.entries(trunks).map(([trunk, own]) => ({ trunk, ageMs: own })),
    { except: Object.keys(trunks), ageMs },
  ].filter((rule) => rule.ageMs > 0);

/**
 * True if a recording is too old. Times are Unix seconds; its age counts from its end, and one that nothing says the end of
 * is as old as its begin.
 */
export const isTooOld = (
  { start_time, end_time }: { readonly start_time: number; readonly end_time?: number },
  untilS: number,
): boolean => Math.max(start_time, end_time ?? 0) <= untilS;
