import type { BenchArguments } from '../arguments.ts';

/** What a phase works with. */
export interface Setting {
  readonly given: BenchArguments;
  /** The checkout, with a build in dist/. */
  readonly root: string;
  /** Where the benchmark itself was built. */
  readonly built: string;
  /** A folder for everything that is written. */
  readonly dir: string;
  readonly wrapper: readonly string[];
  readonly signal: AbortSignal;
  /** Says what goes on, to the person who waits. */
  readonly tell: (text: string) => void;
}
