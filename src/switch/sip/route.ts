export interface Route {
  /** The called number; * stands for any characters. */
  readonly to: string;
  /** Only for calls from this trunk. */
  readonly trunk?: string | undefined;
  /** Path or http(s) URL of the SWML document. */
  readonly script: string;
}

const pattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );

/** Compiles routes: called number and the trunk that calls, if it is one -> the first route that fits. */
export const createRouter = (
  routes: readonly Route[],
): ((calledNumber: string, trunk: string | undefined) => Route | undefined) => {
  const compiled = routes.map((route) => ({ route, number: pattern(route.to) }));
  return (calledNumber, trunk) =>
    compiled.find(
      ({ route, number }) => number.test(calledNumber) && (route.trunk === undefined || route.trunk === trunk),
    )?.route;
};
