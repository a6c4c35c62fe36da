/** The steps of main, indented by four, as a script. */
export const main = (steps: string): string => `sections:\n  main:\n${steps}`;
