import { z } from 'zod';
import { legCodecNamed, legCodecs } from '../../../rtp/leg-codecs.ts';
import type { PeerMedia } from '../../media/peer-offer.ts';
import { anyCase, shaped } from '../shape.ts';

const pattern = `(^|,)\\s*(${legCodecs.map(anyCase).join('|')})\\s*(,|$)`;

/** `codecs` as SWML writes them, such as "PCMU,OPUS,VP8": one of ours at least; what else is there, video too, is not offered. */
export const codecNames = () =>
  shaped(
    z.string().transform((list, check) => {
      const known = list.split(',').flatMap((name) => legCodecNamed(name.trim()) ?? []);
      if (known.length > 0) return [...new Set(known)];
      check.addIssue({
        code: 'custom',
        message: `it must name one of ${legCodecs.join(', ')} at least, with commas between`,
      });
      return z.NEVER;
    }),
    () => ({ description: `codecs with commas between; ${legCodecs.join(', ')} are offered`, type: 'string', pattern }),
  );

const srtpOf = { mandatory: 'require', optional: 'optional', forbidden: 'off' } as const;

/** What is offered to who is called; undefined where a script says nothing of it. */
export const offeredBy = ({
  codecs,
  encryption,
}: {
  readonly codecs: readonly string[] | undefined;
  readonly encryption: keyof typeof srtpOf | undefined;
}): PeerMedia | undefined => {
  if (codecs === undefined && encryption === undefined) return undefined;
  return {
    ...(codecs === undefined ? {} : { codecs }),
    ...(encryption === undefined ? {} : { srtp: srtpOf[encryption] }),
  };
};
