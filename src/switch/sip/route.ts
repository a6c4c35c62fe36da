import { SipreelError } from '../../errors/error.ts';
import type { RouteScript } from '../swml/route-script.ts';

export interface Route extends RouteScript {
  /** The called number; * stands for any characters. */
  readonly to: string;
  /** Only for calls from this trunk. */
  readonly trunk?: string | undefined;
}

/** Whether a number fits; each part is looked for once, as callers choose the number and a regular expression would try all ways. */
const pattern = (text: string): ((number: string) => boolean) => {
  const [first = '', ...parts] = text.split('*');
  const last = parts.pop();
  if (last === undefined) return (number) => number === first;
  return (number) => {
    const end = number.length - last.length;
    if (!number.startsWith(first) || !number.endsWith(last)) return false;
    let at = first.length;
    for (const part of parts) {
      const found = number.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= end;
  };
};

/**
 * Compiles routes: called number and the trunk that calls, if it is one -> the first route that fits.
 * @throws SipreelError config_invalid for a route of a trunk that there is not
 */
export const createRouter = (
  routes: readonly Route[],
  trunks: readonly string[],
): ((calledNumber: string, trunk: string | undefined) => Route | undefined) => {
  const wrong = routes.find(({ trunk }) => trunk !== undefined && !trunks.includes(trunk))?.trunk;
  if (wrong !== undefined) {
    const known = trunks.length === 0 ? 'there is none' : `there are ${trunks.join(', ')}`;
    throw new SipreelError('config_invalid', `routes: there is no trunk ${JSON.stringify(wrong)}; ${known}`);
  }
  const compiled = routes.map((route) => ({ route, fits: pattern(route.to) }));
  return (calledNumber, trunk) =>
    compiled.find(({ route, fits }) => fits(calledNumber) && (route.trunk === undefined || route.trunk === trunk))
      ?.route;
};
