import { SipreelError } from '../../errors/error.ts';
import type { RouteScript } from '../swml/route-script.ts';

export interface Route extends RouteScript {
  /** The called number; * stands for any characters. */
  readonly to: string;
  /** Only for calls from this trunk. */
  readonly trunk?: string | undefined;
}

const pattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );

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
  const compiled = routes.map((route) => ({ route, number: pattern(route.to) }));
  return (calledNumber, trunk) =>
    compiled.find(
      ({ route, number }) => number.test(calledNumber) && (route.trunk === undefined || route.trunk === trunk),
    )?.route;
};
