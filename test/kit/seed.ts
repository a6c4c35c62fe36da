import fc from 'fast-check';

/**
 * Properties are tried with the same values in each run, so that a change is judged by what it changed;
 * `FC_SEED=random` (or a number) looks further, and prints the seed of what it finds.
 */
const asked = process.env.FC_SEED;
if (asked !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(asked ?? 3261) });
