import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SipreelError } from '../errors/error.ts';
import { isRecordingId } from '../recorder/spool/layout.ts';
import type { SpoolArguments } from './arguments.ts';

/** Where the server keeps its data if nobody says otherwise; the default of data.dir. */
const usualData = '/var/lib/sipreel';

/**
 * The directory of the spool that is meant: that directory, that of a file in it, or that of a recording's id below the
 * server's data. @throws SipreelError spool_unreadable if there is none
 */
export const findSpool = ({ spool, data = usualData }: SpoolArguments): string => {
  const places = [spool, ...(isRecordingId(spool) ? [join(data, 'spool', spool)] : [])].map((place) => resolve(place));
  for (const place of places) {
    const found = statSync(place, { throwIfNoEntry: false });
    if (found) return found.isDirectory() ? place : dirname(place);
  }
  throw new SipreelError('spool_unreadable', `there is no ${places.join(' and no ')}`, { details: { places } });
};
