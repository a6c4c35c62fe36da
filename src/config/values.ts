import { z } from 'zod';
import { isNetwork } from '../net/networks.ts';
import { legCodecs } from '../rtp/leg-codecs.ts';

/** A text that is not empty; `what` is what the error says it must be. */
export const text = (what: string) => z.string({ error: `must be ${what}` }).min(1, `must be ${what}, not empty`);

/** A whole number within limits. */
export const count = (least: number, most: number) =>
  z
    .int({ error: `must be a whole number from ${least} to ${most}` })
    .min(least, `must be a whole number from ${least} to ${most}`)
    .max(most, `must be a whole number from ${least} to ${most}`);

/** Names of codecs as SDP has them. */
export const codecs = () => z.array(z.enum(legCodecs, { error: `must be one of ${legCodecs.join(', ')}` }));

/** IP addresses and networks (CIDR). */
export const networks = () =>
  z.array(z.string().refine(isNetwork, { error: 'must be an IP address or a network such as 192.0.2.0/24' }));

export const yesNo = () => z.boolean({ error: 'must be true or false' });
