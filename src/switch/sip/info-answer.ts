import type { InfoBody } from '../../recorder/recording/info-digit.ts';
import type { InfoAnswer } from './dialog.ts';

/** The types that are taken, for the Accept header of a 415 (RFC 3261 section 8.2.3). */
const infoTypes = 'application/dtmf-relay, application/dtmf';

/** Our answer to an INFO that is not passed on. */
export const answerToInfo = (read: InfoBody): InfoAnswer => {
  switch (read.kind) {
    case 'digit':
    case 'signal':
    case 'empty':
      return { status: 200 };
    case 'invalid':
      return { status: 400, headers: { Warning: '399 sipreel "the body is no digit"' } };
    case 'unsupported':
      return { status: 415, headers: { Accept: infoTypes } };
  }
};
