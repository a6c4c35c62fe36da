import type { Method } from '../method.ts';
import { cond } from './cond.ts';

/** `if`: `{when, then, else}`, and whatever else cond takes. SWML's reference does not have it. */
export const ifMethod: Method = { ...cond, name: 'if' };
