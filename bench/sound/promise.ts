/** One promise about sound, with what was measured of it. */
export interface Kept {
  readonly promise: string;
  /** The limit that it is held to, in words. */
  readonly limit: string;
  readonly measured: string;
  readonly kept: boolean;
}

/** Some promises that one set of simulated calls tells of, under a heading. */
export interface Chapter {
  readonly title: string;
  /** A folder for spools and files is given, which is gone afterwards. */
  measure(folder: string): Promise<readonly Kept[]>;
}

/** A figure that must not be more than a limit. */
export const atMost = (promise: string, limit: number, unit: string, measured: number, digits = 1): Kept => ({
  promise,
  limit: `at most ${limit} ${unit}`,
  measured: `${measured.toFixed(digits)} ${unit}`,
  kept: measured <= limit,
});
