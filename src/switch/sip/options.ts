import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import { SipreelError } from '../../errors/error.ts';
import { refusalHeaders } from './refuse.ts';

/** What an OPTIONS outside of a dialog is answered (RFC 3261 §11.2). */
export interface OptionsPolicy {
  /** False while this node takes no new calls: 503, so that trunks look elsewhere. */
  readonly accepting: () => boolean;
  /** False for sources that are to believe that nobody is here. */
  readonly showsItself: (source: string) => boolean;
}

/** Methods that calls may use here. */
const allow = 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO';

/** Answers an OPTIONS, or leaves it without an answer: the drachtio-server forgets it then. */
export const answerOptions = (
  request: Pick<SrfRequest, 'source_address'>,
  response: Pick<SrfResponse, 'send'>,
  { accepting, showsItself }: OptionsPolicy,
): void => {
  if (!showsItself(request.source_address)) return;
  if (accepting()) {
    response.send(200, { headers: { Allow: allow, Accept: 'application/sdp', 'Accept-Encoding': 'identity' } });
    return;
  }
  const error = new SipreelError('draining', 'this server takes no new calls: it is going down');
  response.send(error.kind.sip, { headers: refusalHeaders(error) });
};
